/** Waits for conditions, so that nothing depends on how fast the machine is. */

/** The most that anything here takes on a machine that is busy with other things. */
const PATIENCE = 30_000;

/** What `look` gives, once that is something; `look` may throw until then. */
export async function until(what, look) {
  const end = Date.now() + PATIENCE;
  let problem;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > end) throw new Error(`in vain: ${what}`, { cause: problem });
    await pause(20);
  }
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
