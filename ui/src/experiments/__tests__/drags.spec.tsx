import { act, screen } from '@testing-library/react';
import * as React from 'react';
import { renderWithHost } from '../../testing';
import { MoveHandle, SizeHandle } from '../charts/CardHandles';
import type { ICard } from '../charts/cards';
import { axesOf, axisX, moveAxis, placeY } from '../charts/parallel';
import { ParallelAxis } from '../charts/ParallelAxis';

/** The simulated page has no pointers: their events are those of a mouse. */
function point(
  node: Element,
  kind: string,
  at: { x?: number; y?: number; button?: number } = {}
): void {
  const { x: clientX = 0, y: clientY = 0, button = 0 } = at;
  act(() => {
    node.dispatchEvent(
      new MouseEvent(kind, { bubbles: true, clientX, clientY, button })
    );
  });
}

beforeEach(() => {
  Object.assign(Element.prototype, { setPointerCapture: jest.fn() });
});

const SIZE = { width: 728, height: 272 };

describe('an axis', () => {
  const onBrush = jest.fn();
  const onMove = jest.fn();

  function show(): { reach: Element; title: Element } {
    const axes = axesOf(
      ['a', 'b', 'c'],
      key => key,
      () => [0, 10]
    );
    renderWithHost(
      <svg>
        <ParallelAxis
          axis={axes[1]}
          index={1}
          count={3}
          size={SIZE}
          brush={undefined}
          onBrush={onBrush}
          onMove={onMove}
        />
      </svg>
    );
    return {
      reach: document.querySelector('.jp-mlnb-Parallel-reach')!,
      title: screen.getByRole('button', { name: 'Axis b, 2 of 3' })
    };
  }

  beforeEach(() => jest.clearAllMocks());

  it('is brushed along the way of the pointer, up or down', () => {
    const { reach } = show();
    point(reach, 'pointerdown', { y: placeY(0.75, SIZE) });
    point(reach, 'pointermove', { y: placeY(0.25, SIZE) });
    expect(onBrush).toHaveBeenLastCalledWith([0.25, 0.75], false);
    point(reach, 'lostpointercapture');
    expect(onBrush).toHaveBeenLastCalledWith([0.25, 0.75], true);
    onBrush.mockClear();
    // It was let go of.
    point(reach, 'pointermove', { y: 0 });
    expect(onBrush).not.toHaveBeenCalled();
  });

  it('loses its brush by a click, and keeps it when a menu is wanted', () => {
    const { reach } = show();
    point(reach, 'pointerdown', { y: 100, button: 2 });
    point(reach, 'lostpointercapture');
    expect(onBrush).not.toHaveBeenCalled();
    point(reach, 'pointerdown', { y: 100 });
    point(reach, 'lostpointercapture');
    expect(onBrush).toHaveBeenCalledWith(null, true);
  });

  it('goes where its name is dragged', () => {
    const { title } = show();
    point(title, 'pointerdown', { x: axisX(1, 3, SIZE) });
    point(title, 'pointermove', { x: axisX(2, 3, SIZE) - 20 });
    expect(title.getAttribute('transform')).toBe('translate(280, 0)');
    point(title, 'lostpointercapture');
    expect(title.hasAttribute('transform')).toBe(false);
    expect(onMove).toHaveBeenCalledWith(2);
    expect(moveAxis(['a', 'b', 'c'], 'b', 2)).toEqual(['a', 'c', 'b']);
  });

  it('stays where it is when it is hardly moved', () => {
    const { title } = show();
    point(title, 'pointerdown', { x: axisX(1, 3, SIZE) });
    point(title, 'pointermove', { x: axisX(1, 3, SIZE) + 9 });
    point(title, 'lostpointercapture');
    expect(onMove).not.toHaveBeenCalled();
  });
});

describe('a card', () => {
  const card: ICard = { id: 'x', kind: 'bar', width: 4, height: 280 };

  function show(handle: React.ReactElement): HTMLElement {
    renderWithHost(
      <div>
        <section data-card="x">{handle}</section>
        <section data-card="y" />
      </div>
    );
    return screen.getByRole('button');
  }

  it('made wider keeps to the height of its place, made higher grows from what is seen', () => {
    const onChange = jest.fn();
    const corner = show(
      <SizeHandle card={card} height={200} title="auc" onChange={onChange} />
    );
    point(corner, 'pointerdown', { x: 100, y: 100 });
    point(corner, 'pointermove', { x: 100 + 800 / 6, y: 103 });
    point(corner, 'lostpointercapture');
    const [[wider]] = onChange.mock.calls;
    expect(wider.height).toBe(280);
    expect(wider.width).toBeGreaterThan(4);
    point(corner, 'pointerdown', { x: 100, y: 100 });
    point(corner, 'pointermove', { x: 100, y: 160 });
    point(corner, 'lostpointercapture');
    expect(onChange).toHaveBeenLastCalledWith({ width: 4, height: 260 });
  });

  it('that is only touched is not changed', () => {
    const onChange = jest.fn();
    const corner = show(
      <SizeHandle card={card} height={200} title="auc" onChange={onChange} />
    );
    point(corner, 'pointerdown', { x: 100, y: 100 });
    point(corner, 'lostpointercapture');
    expect(onChange).not.toHaveBeenCalled();
  });

  it('goes onto the card where it is let go of', () => {
    const onMove = jest.fn();
    const grip = show(
      <MoveHandle card={card} index={0} count={2} title="auc" onMove={onMove} />
    );
    const other = document.querySelector('[data-card="y"]')!;
    other.getBoundingClientRect = () =>
      ({ left: 500, right: 800, top: 0, bottom: 300 }) as DOMRect;
    point(grip, 'pointerdown', { x: 10, y: 10 });
    point(grip, 'pointermove', { x: 600, y: 100 });
    expect(other).toHaveClass('jp-mod-target');
    point(grip, 'lostpointercapture');
    expect(other).not.toHaveClass('jp-mod-target');
    expect(onMove).toHaveBeenCalledWith(1);
  });
});
