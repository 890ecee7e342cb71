/** The page: what it shows, and what can be pressed. */

export type Action = 'check' | 'download' | 'apply' | 'reset';

const runs = element('running');
const status = element('status');
const progress = element('progress') as HTMLProgressElement;
const log = element('log');

/** Shows which version these very files are, whatever the updater says. */
export function showBundleVersion(version: string): void {
  element('bundle-version').textContent = version;
  document.title = `Live Updater Example ${version}`;
}

/** Shows what the updater says runs. */
export function showRunning(text: string): void {
  runs.textContent = text;
}

export function showStatus(text: string): void {
  status.textContent = text;
}

export function showProgress(percent: number): void {
  progress.value = percent;
}

/** Adds a line to the log, the newest first. */
export function note(line: string): void {
  const item = document.createElement('li');
  item.textContent = line;
  log.prepend(item);
}

export function allow(action: Action, allowed = true): void {
  button(action).disabled = !allowed;
}

/** Runs `work` at a press. Until it is done, further presses do nothing. */
export function onPress(action: Action, work: () => Promise<void>): void {
  const pressed = button(action);
  pressed.addEventListener('click', () => {
    if (pressed.ariaBusy === 'true') {
      return;
    }
    pressed.ariaBusy = 'true';
    void work().finally(() => (pressed.ariaBusy = 'false'));
  });
}

function button(action: Action): HTMLButtonElement {
  return element(action) as HTMLButtonElement;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`index.html has no #${id}`);
  }
  return found;
}
