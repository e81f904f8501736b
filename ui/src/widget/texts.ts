import type { ITrans } from '../host';

function fill(message: string, args: readonly unknown[]): string {
  return message.replace(/%(\d+)/g, (all, at: string) =>
    Number(at) <= args.length ? String(args[Number(at) - 1]) : all
  );
}

/** Texts as they are written: a host of widgets has no translations of ours. */
export const plainTexts: ITrans = {
  __: (message, ...args) => fill(message, args),
  _n: (one, many, count, ...args) =>
    fill(count === 1 ? one : many, [count, ...args])
};
