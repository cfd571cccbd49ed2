#!/usr/bin/env node
import { buffer } from 'node:stream/consumers';
import { styleText } from 'node:util';

import { run } from './run.ts';

const { stdin, stdout, stderr } = process;

process.exitCode = await run(process.argv.slice(2), {
  out: (line) => void stdout.write(`${line}\n`),
  note: (line) => void stderr.write(`${line}\n`),
  status: stderr.isTTY ? (line) => void stderr.write(`\r\u001B[K${line}`) : undefined,
  // It looks at the stream and at NO_COLOR.
  paint: (colour, text) => styleText(colour, text, { stream: stdout }),
  env: process.env,
  input: async () => (stdin.isTTY ? undefined : new Uint8Array(await buffer(stdin))),
});
