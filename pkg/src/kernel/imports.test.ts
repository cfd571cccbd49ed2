// The kernel does no I/O: of the platform it calls the random source, and besides only what its glue needs to throw.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

for (const name of ['seal', 'rules']) {
  it(`${name}.wasm asks for randomness and for nothing else`, () => {
    const module = new WebAssembly.Module(readFileSync(new URL(`../../wasm/${name}.wasm`, import.meta.url)));
    const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
    const ofThePlatform = imports.filter((name) => !/^__wbg___wbindgen_throw_|^__wbindgen_(?:init_externref_table|generic_)/.test(name));
    assert.equal(ofThePlatform.length, 1, imports.join());
    assert.match(ofThePlatform[0] ?? '', /^__wbg_getRandomValues_/);
  });
}
