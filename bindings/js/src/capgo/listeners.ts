import type { PluginListenerHandle } from '@capacitor/core';

/** Listeners of an event that only this package emits. */
export class Listeners<Event> {
  private readonly listeners = new Set<{ call: (event: Event) => void }>();

  add(call: (event: Event) => void): PluginListenerHandle {
    const listener = { call };
    this.listeners.add(listener);
    return {
      remove: async () => {
        this.listeners.delete(listener);
      },
    };
  }

  tell(event: Event): void {
    for (const { call } of [...this.listeners]) {
      call(event);
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
