import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cookieValue } from './parse.ts';

const NAME = '__Host-session';

/** Why, the header, and what the cookie's value is. */
const CASES: readonly [why: string, header: string, value: string | undefined][] = [
  ['alone', '__Host-session=9Q', '9Q'],
  ['among others', 'a=1; __Host-session=9Q; b=2', '9Q'],
  ['no space after the semicolon', 'a=1;__Host-session=9Q;b=2', '9Q'],
  ['spaces and tabs around the pair', ' \t__Host-session=9Q\t ;', '9Q'],
  ['an empty value', '__Host-session=', ''],
  ['the value goes on behind a second =', '__Host-session=9Q==', '9Q=='],
  ['quotes stay', '__Host-session="9Q"', '"9Q"'],
  ['a value is not %-decoded', '__Host-session=%39Q', '%39Q'],
  ['a comma is no separator', '__Host-session=9Q,__Host-session=9R', '9Q,__Host-session=9R'],
  ['empty header', '', undefined],
  ['only separators', ';; ; \t;', undefined],
  ['no value at all', '__Host-session', undefined],
  ['another case', '__host-session=9Q', undefined],
  ['a longer name', '__Host-session2=9Q', undefined],
  ['a name that ends in ours', 'x__Host-session=9Q', undefined],
  ['a %-encoded name (CVE-2020-8184)', '__%48ost-session=9Q', undefined],
  ['a nameless cookie whose value looks like ours (CVE-2023-23934)', '=__Host-session=9Q', undefined],
  ['a space before the =', '__Host-session =9Q', undefined],
  ['no-break space before the name', '\u00a0__Host-session=9Q', undefined],
  ['next line (U+0085) before the name', '\u0085__Host-session=9Q', undefined],
  ['en quad before the name', '\u2000__Host-session=9Q', undefined],
  ['ideographic space before the name', '\u3000__Host-session=9Q', undefined],
  ['byte order mark before the name', '\ufeff__Host-session=9Q', undefined],
  ['vertical tab before the name', '\u000b__Host-session=9Q', undefined],
  ['form feed before the name', '\u000c__Host-session=9Q', undefined],
  ['line feed before the name', '\n__Host-session=9Q', undefined],
  ['NUL before the name', '\u0000__Host-session=9Q', undefined],
  ['$Version and $Path mean nothing', '$Version=1; __Host-session=9Q; $Path=/', '9Q'],
  ['$Version does not make commas separate', '$Version=1,__Host-session=9Q', undefined],
  ['our pair inside the quotes of another', 'a="1; __Host-session=9Q; b"', '9Q'],
  ['no-break space behind the value stays', '__Host-session=9Q\u00a0', '9Q\u00a0'],
  ['two of them', '__Host-session=9Q; __Host-session=9R', undefined],
  ['two equal ones', '__Host-session=9Q; a=1; __Host-session=9Q', undefined],
  ['two, one empty', '__Host-session=; __Host-session=9Q', undefined],
  ['one of ours and one in another case', '__host-session=9R; __Host-session=9Q', '9Q'],
  ['names of objects', '__proto__=1; constructor=2', undefined],
];

describe('the value of a cookie', () => {
  for (const [why, header, value] of CASES) {
    test(why, () => assert.equal(cookieValue(header, NAME), value));
  }

  test('white space of any other kind is part of the name or the value', () => {
    const wide = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit)).filter((char) => char.trim() === '');
    const others = wide.filter((char) => char !== ' ' && char !== '\t');
    assert.ok(others.length > 20);
    for (const char of others) {
      assert.equal(cookieValue(`${char}${NAME}=9Q`, NAME), undefined);
      assert.equal(cookieValue(`${NAME}${char}=9Q`, NAME), undefined);
      assert.equal(cookieValue(`${NAME}=9Q${char}`, NAME), `9Q${char}`);
    }
  });
});
