import path from 'node:path';

import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Prints what `cargo test` would, so that `cargo xtask test` counts these tests like its own. */
export default class CargoReporter implements Reporter {
  private readonly counts = { passed: 0, failed: 0, skipped: 0 };

  onTestCaseResult(test: TestCase): void {
    const name = `javascript::${stem(test.module)}::${test.fullName}`;
    const { state, errors } = test.result();
    switch (state) {
      case 'passed':
        this.counts.passed += 1;
        say(`test ${name} ... ok`);
        break;
      case 'failed':
        this.fail(name, errors);
        break;
      default:
        this.counts.skipped += 1;
        say(`test ${name} ... ignored, its conditions aren't met`);
    }
  }

  onTestSuiteResult(suite: TestSuite): void {
    // What its tests need could not be made ready, so that they were skipped.
    const errors = suite.errors();
    if (errors.length > 0) {
      this.fail(`javascript::${stem(suite.module)}::${suite.fullName}`, errors);
    }
  }

  onTestModuleEnd(module: TestModule): void {
    // Such as a module that can't be loaded: it has no tests that could fail.
    const errors = module.errors();
    if (errors.length > 0) {
      this.fail(`javascript::${stem(module)}`, errors);
    }
  }

  onTestRunEnd(_: readonly TestModule[], errors: readonly Problem[]): void {
    if (errors.length > 0) {
      this.fail('javascript', errors);
    }
    const { passed, failed, skipped } = this.counts;
    const verdict = failed > 0 ? 'FAILED' : 'ok';
    say(`test result: ${verdict}. ${passed} passed; ${failed} failed; ${skipped} ignored`);
  }

  private fail(name: string, errors: readonly Problem[] | undefined): void {
    this.counts.failed += 1;
    say(`test ${name} ... FAILED`);
    for (const { message, stack, diff } of errors ?? []) {
      process.stderr.write(`${stack ?? message}\n${diff ? `${diff}\n` : ''}`);
    }
  }
}

interface Problem {
  message: string;
  stack?: string;
  diff?: string;
}

/** `front` for `tests/front.test.ts`. */
function stem(module: TestModule): string {
  return path.basename(module.moduleId).replace(/\.test\.ts$/, '');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
