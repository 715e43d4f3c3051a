// Prints `N passed, N failed` from reports of vitest, a later one counting for the files that it names; exits 1 unless
// tests ran and none failed or was skipped. With --broken it prints the files that failed instead, a line each.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return [];
  }
}

const [first = '', ...rest] = process.argv.slice(2);
const isAsked = first === '--broken';
const reports = isAsked ? rest : [first, ...rest];
const files = [...new Map(reports.flatMap(read).map((file) => [file.name, file])).values()];
const tests = files.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === 'passed').length;
const isFailed = (file) => file.status === 'failed' || file.assertionResults.some((test) => test.status === 'failed');
// A file that cannot be loaded, or whose hooks fail, has failed even where none of its tests has.
const broken = files.filter(
  (file) => isFailed(file) && !file.assertionResults.some((test) => test.status === 'failed'),
);

if (isAsked) {
  for (const file of files.filter(isFailed)) console.log(relative('', file.name));
} else {
  const failed = tests.filter((test) => test.status === 'failed').length + broken.length;
  const skipped = tests.length - passed - tests.filter((test) => test.status === 'failed').length;
  for (const file of broken) console.log(`failed: ${file.name}`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
}
