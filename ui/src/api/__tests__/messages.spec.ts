import { TextDecoder, TextEncoder } from 'node:util';
import { ApiError } from '../errors';
import { MessageTransport } from '../messages';
import type { IQuestion } from '../messages';

// The simulated page has neither.
Object.assign(globalThis, { TextDecoder, TextEncoder });

const bytes = (value: unknown): ArrayBuffer =>
  new Uint8Array(new TextEncoder().encode(JSON.stringify(value))).buffer;

describe('MessageTransport', () => {
  it('answers each question with its own answer', async () => {
    const sent: IQuestion[] = [];
    const transport = new MessageTransport(one => sent.push(one));
    const first = transport.request('a');
    const second = transport.request('b', { method: 'POST', body: { n: 1 } });
    transport.receive({ id: sent[1].id, status: 200 }, bytes({ b: 2 }));
    transport.receive({ id: sent[0].id, status: 200 }, bytes({ a: 1 }));
    await expect(first).resolves.toEqual({ a: 1 });
    await expect(second).resolves.toEqual({ b: 2 });
    expect(sent[1]).toMatchObject({ method: 'POST', body: { n: 1 } });
  });

  it('turns an error into one with code and hint', async () => {
    const transport = new MessageTransport(one =>
      transport.receive(
        { id: one.id, status: 404 },
        bytes({
          error_code: 'FRAME_NOT_FOUND',
          message: 'Gone.',
          details: { hint: 'Run the cell again.' }
        })
      )
    );
    await expect(transport.request('a')).rejects.toMatchObject({
      code: 'FRAME_NOT_FOUND',
      hint: 'Run the cell again.'
    });
  });

  it('never sends what was given up while it waited', async () => {
    const sent: IQuestion[] = [];
    const transport = new MessageTransport(one => sent.push(one));
    const given = new AbortController();
    void transport.request('a');
    void transport.request('b');
    const third = transport.request('c', { signal: given.signal });
    void transport.request('d');
    given.abort();
    await expect(third).rejects.toMatchObject({ name: 'AbortError' });
    transport.receive({ id: sent[0].id, status: 200 }, bytes({}));
    transport.receive({ id: sent[1].id, status: 200 }, bytes({}));
    expect(sent.map(one => one.path)).toEqual(['a', 'b', 'd']);
  });

  it('gives a file its name', async () => {
    const transport = new MessageTransport(one =>
      transport.receive(
        {
          id: one.id,
          status: 200,
          headers: {
            'content-type': 'text/csv',
            'content-disposition': 'attachment; filename="trips.csv"'
          }
        },
        bytes('x')
      )
    );
    const file = await transport.file('f');
    expect(file.name).toBe('trips.csv');
    expect(file.data.size).toBe(3);
  });

  it('says to run the cell again when nobody answers any more', async () => {
    const transport = new MessageTransport(() => undefined);
    const waiting = transport.request('a');
    transport.close();
    await expect(waiting).rejects.toBeInstanceOf(ApiError);
    await expect(transport.request('b')).rejects.toMatchObject({
      hint: 'Run the cell again.'
    });
  });
});
