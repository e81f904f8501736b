/** Stands for the drawing library, which needs a real browser. */
export default {
  react: async (): Promise<void> => undefined,
  purge: (): void => undefined,
  toImage: async (): Promise<string> => 'data:,',
  Plots: { resize: (): void => undefined }
};
