/**
 * Scroll by a wheel's stride each frame, five seconds down and five up: run in the page.
 * The first selector names what scrolls, the second the nodes that are its own.
 */
export async function scroll([scrolled, counted]) {
  const frame = document.querySelector(scrolled);
  const frames = [];
  const long = [];
  let nodes = 0;
  let furthest = 0;
  const observer = new PerformanceObserver(list =>
    long.push(...list.getEntries().map(entry => entry.duration))
  );
  observer.observe({ type: 'longtask' });
  const tick = () => new Promise(resolve => requestAnimationFrame(resolve));
  const begin = await tick();
  let before = begin;
  while (before - begin < 10_000) {
    // The time of the frame, not of the call: what is measured is what a person sees.
    const now = await tick();
    frames.push(now - before);
    before = now;
    frame.scrollTop += now - begin < 5_000 ? 200 : -200;
    furthest = Math.max(furthest, frame.scrollTop);
    if (frames.length % 20 === 0) {
      nodes = Math.max(nodes, document.querySelectorAll('*').length);
    }
  }
  observer.disconnect();
  const own = document.querySelectorAll(counted).length;
  return { frames, long, nodes, own, rows: Math.round(furthest / 24) };
}
