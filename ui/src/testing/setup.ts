import '@testing-library/jest-dom';
import { configure } from '@testing-library/dom';

// The simulated page measures nothing: every element has the size of a usual panel.
const SIZE = {
  clientWidth: 800,
  clientHeight: 600,
  offsetWidth: 800,
  offsetHeight: 600
};
for (const [name, value] of Object.entries(SIZE)) {
  Object.defineProperty(HTMLElement.prototype, name, {
    configurable: true,
    get: () => value
  });
}

class NoResize implements ResizeObserver {
  observe(): void {
    // Sizes never change here.
  }
  unobserve(): void {
    // Nothing was observed.
  }
  disconnect(): void {
    // Nothing was observed.
  }
}

globalThis.ResizeObserver = NoResize;
Element.prototype.scrollTo = () => undefined;

// A failed look-up says what was sought; the whole page would hide it.
configure({
  getElementError: message => new Error(message ?? ''),
  // A busy machine is slow, not wrong.
  asyncUtilTimeout: 15000
});
