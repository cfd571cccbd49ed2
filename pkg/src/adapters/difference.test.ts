import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { difference, withDifference } from './difference.ts';

describe('a change, made again in what another one made of the value', () => {
  const cases: [why: string, before: object, after: object, meanwhile: object, both: object][] = [
    ['two properties', { a: 1 }, { a: 1, b: 2 }, { a: 1, c: 3 }, { a: 1, b: 2, c: 3 }],
    ['the same property: the later change stands', { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }],
    ['a property removed here', { a: 1, b: 2 }, { b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['a property removed there', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 2 }, { b: 3 }],
    ['a property set to null is no property removed', { a: 1 }, { a: null }, { a: 1, b: 2 }, { a: null, b: 2 }],
    ['an undefined property is one removed, as in JSON', { a: 1 }, { a: undefined }, { a: 1, b: 2 }, { b: 2 }],
    ['an object replaces, and does not merge', { a: { x: 1 } }, { a: { y: 1 } }, { a: { x: 1, z: 1 } }, { a: { y: 1 } }],
    ['an array is one value', { a: [1] }, { a: [1, 2] }, { a: [1, 3] }, { a: [1, 2] }],
    ['a value that was set to what it was', { a: { x: 1 } }, { a: { x: 1 } }, { a: { x: 2 } }, { a: { x: 2 } }],
    ['a name of objects removed', { toString: 1 }, {}, { toString: 1, a: 1 }, { a: 1 }],
    ['names of objects', { a: 1 }, { a: 1, constructor: 1, toString: 2 }, { b: 1 }, { b: 1, constructor: 1, toString: 2 }],
  ];
  for (const [why, before, after, meanwhile, both] of cases) {
    test(why, () => {
      const change = difference(before, after);
      assert.ok(change !== undefined);
      assert.deepEqual(JSON.parse(JSON.stringify(withDifference(meanwhile, change))), both);
    });
  }

  test('is the whole value where it has no properties', () => {
    for (const [before, after] of [[[1], [2]], [{}, [1]], [[1], {}], [null, {}], ['a', 'b']]) {
      assert.equal(difference(before, after), undefined);
    }
  });
});
