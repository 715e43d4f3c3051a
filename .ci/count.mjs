// Prints `N passed, N failed` from a report of vitest; exits 1 unless tests ran and none failed or was skipped.
import { readFileSync } from 'node:fs';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}

const files = read(process.argv[2]).testResults;
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === 'passed').length;
// A file that cannot be loaded, or whose hooks fail, has failed even where none of its tests has.
const broken = files.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const failed = tests.filter((test) => test.status === 'failed').length + broken.length;
const skipped = tests.length - passed - tests.filter((test) => test.status === 'failed').length;
for (const file of broken) console.log(`failed: ${file.name}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
