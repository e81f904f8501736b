/**
 * What a widget's instance carries: a few lines that fetch the components once per page.
 * It is sent with every instance, so it stays small and imports nothing.
 */
interface IModel {
  get(key: string): unknown;
  on(event: string, run: (content: unknown, buffers: DataView[]) => void): void;
  off(
    event: string,
    run: (content: unknown, buffers: DataView[]) => void
  ): void;
  send(content: unknown): void;
}

interface IWidgetCode {
  mount(model: unknown, el: HTMLElement, load: unknown): () => void;
}

type Page = { __mlnb_code?: Record<string, Promise<unknown>> };

/** Code of ours, asked of the kernel as a binary message, for the first that needs it. */
function load(model: IModel, name: string): Promise<unknown> {
  const page = globalThis as Page;
  const known = (page.__mlnb_code ??= {});
  known[name] ??= new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => {
      model.off('msg:custom', receive);
      delete known[name];
      reject(new Error('The kernel does not answer.'));
    }, 30000);
    const receive = (content: unknown, buffers: DataView[]): void => {
      if ((content as { asset?: string } | null)?.asset !== name) {
        return;
      }
      clearTimeout(timer);
      model.off('msg:custom', receive);
      const code = buffers[0] as unknown as BlobPart;
      const url = URL.createObjectURL(
        new Blob([code], { type: 'text/javascript' })
      );
      import(/* webpackIgnore: true */ url).then(resolve, reject);
    };
    model.on('msg:custom', receive);
    model.send({ asset: name });
  });
  return known[name];
}

export default {
  async render({
    model,
    el
  }: {
    model: IModel;
    el: HTMLElement;
  }): Promise<(() => void) | undefined> {
    try {
      const code = (await load(model, 'widget.js')) as IWidgetCode;
      return code.mount(model, el, (name: string) => load(model, name));
    } catch (error) {
      el.textContent = `${String((error as Error).message)} Run the cell again.`;
      return undefined;
    }
  }
};
