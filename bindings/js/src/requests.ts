import { CapacitorException } from '@capacitor/core';

/**
 * Gives back the options of a call, and throws where they aren't an object: Capacitor would pass
 * nothing on then, and the call would do what it does without options.
 */
export function optionsOf<Options>(method: string, options: Options): Options {
  const isObject = typeof options === 'object' && !Array.isArray(options);
  if (options === undefined || isObject) {
    return options;
  }
  const kind = Array.isArray(options) ? 'array' : typeof options;
  throw invalidRequest(`The options of ${method} must be an object, and are of type ${kind}.`);
}

/** The options of a call that can't do without. */
export function given<Options>(method: string, options: Options): Options {
  if (options === undefined || options === null) {
    throw invalidRequest(`${method} needs options.`);
  }
  return optionsOf(method, options);
}

/** What a call rejects with that can't be meant. */
export function invalidRequest(message: string): CapacitorException {
  return new CapacitorException(message, 'invalid_request' as never, { retryable: false });
}
