// CommonJS, by `require`.
const { conformance } = require('./conformance.cjs');

conformance().then(console.log, (error) => {
  console.error(error);
  process.exitCode = 1;
});
