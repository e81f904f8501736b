import { act, fireEvent, screen } from '@testing-library/react';
import * as React from 'react';
import { ApiError, NetworkError } from '../../api/errors';
import { renderWithHost } from '../../testing';
import type { IRendered } from '../../testing/render';
import { LogText } from '../LogText';
import { useLog } from '../useLog';

const KEPT = 40;

/** A log on the server: bytes that are there, and whether more may come. */
class Log {
  text = '';
  done = false;
  fault: Error | null = null;
  /** Bytes at the end that are half a character. */
  half = 0;
  readonly asked: number[] = [];

  read = ({ query }: { query: Record<string, string> }): unknown => {
    const asked = Number(query.offset);
    this.asked.push(asked);
    if (this.fault) {
      throw this.fault;
    }
    const length = this.text.length;
    const offset = asked < 0 ? Math.max(0, length + asked) : asked;
    const text = this.text.slice(offset);
    return {
      text,
      offset,
      next_offset: offset + text.length,
      total: length + this.half,
      done: this.done && this.half === 0
    };
  };
}

function Shown(): JSX.Element {
  const log = useLog('r1', KEPT);
  return (
    <>
      <output>{log.text ?? 'waiting'}</output>
      <p>{[log.isCut && 'cut', log.done && 'done'].filter(Boolean).join()}</p>
      {log.error && <button onClick={log.retry}>{log.error.message}</button>}
    </>
  );
}

async function after(ms: number): Promise<void> {
  await act(async () => {
    await jest.advanceTimersByTimeAsync(ms);
  });
}

function text(): string | null {
  return screen.getByRole('status').textContent;
}

describe('the log of a run', () => {
  let log: Log;

  beforeEach(() => {
    jest.useFakeTimers();
    log = new Log();
  });
  afterEach(() => jest.useRealTimers());

  async function show(): Promise<IRendered> {
    const shown = renderWithHost(<Shown />, {
      routes: { 'GET api/1.0/runs/*/log': log.read }
    });
    expect(text()).toBe('waiting');
    await after(10);
    return shown;
  }

  it('is read from its end, and never twice', async () => {
    log.text = 'x'.repeat(100) + '\nlast lines\n';
    await show();
    expect(text()).toHaveLength(KEPT);
    expect(screen.getByText('cut')).toBeVisible();
    log.text += 'more\n';
    await after(1100);
    expect(text()).toMatch(/last lines\nmore\n$/);
    expect(text()).toHaveLength(KEPT);
    log.text += 'end\n';
    log.done = true;
    await after(1100);
    expect(text()).toMatch(/more\nend\n$/);
    expect(log.asked).toEqual([-KEPT, 112, 117]);
    await after(60_000);
    expect(log.asked).toHaveLength(3);
  });

  it('is asked for less often while nothing is printed, and never in a storm', async () => {
    log.text = 'a';
    log.half = 1;
    await show();
    await after(20_000);
    expect(log.asked.length).toBeGreaterThan(3);
    expect(log.asked.length).toBeLessThan(10);
  });

  it('stays in view when the connection is lost, and goes on by itself', async () => {
    log.text = 'first\n';
    await show();
    log.fault = new NetworkError('no answer');
    await after(1100);
    expect(text()).toBe('first\n');
    expect(screen.getByRole('button', { name: 'no answer' })).toBeVisible();
    log.fault = null;
    log.text += 'second\n';
    await after(3000);
    expect(text()).toBe('first\nsecond\n');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is not asked for again where it was refused, but for the reader', async () => {
    log.fault = new ApiError(403, 'PERMISSION_DENIED', 'not yours');
    await show();
    await after(60_000);
    expect(log.asked).toHaveLength(1);
    log.fault = null;
    log.text = 'yours now';
    act(() => screen.getByRole('button', { name: 'not yours' }).click());
    await after(10);
    expect(text()).toBe('yours now');
  });

  it('that begins anew is read from its beginning', async () => {
    log.text = 'of the first try\n';
    await show();
    log.text = 'second\n';
    await after(1100);
    expect(text()).toBe('second\n');
  });

  it('is left alone while nobody sees it, and read on after that', async () => {
    log.text = 'a\n';
    await show();
    const hidden = jest.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    log.text += 'b\n';
    await after(30_000);
    expect(log.asked).toHaveLength(1);
    hidden.mockRestore();
    await after(2000);
    expect(text()).toBe('a\nb\n');
  });
});

describe('the text of a log', () => {
  it('follows its end until somebody scrolls up', async () => {
    function Followed({ text: content }: { text: string }): JSX.Element {
      const [follow, setFollow] = React.useState(true);
      return (
        <LogText
          name="run"
          text={content}
          follow={follow}
          onFollow={setFollow}
        />
      );
    }
    function Growing(): JSX.Element {
      const [lines, setLines] = React.useState(1);
      return (
        <>
          <Followed text={'line\n'.repeat(lines)} />
          <button onClick={() => setLines(lines + 1)}>print</button>
        </>
      );
    }
    renderWithHost(<Growing />);
    const node = screen.getByRole('log', { name: 'Log of run' });
    Object.defineProperty(node, 'scrollHeight', { value: 5000 });
    const print = screen.getByRole('button', { name: 'print' });
    act(() => print.click());
    expect(node.scrollTop).toBe(5000);
    node.scrollTop = 1000;
    fireEvent.scroll(node);
    act(() => print.click());
    expect(node.scrollTop).toBe(1000);
    // Back at the end, it goes on.
    node.scrollTop = 4400;
    fireEvent.scroll(node);
    act(() => print.click());
    expect(node.scrollTop).toBe(5000);
  });
});
