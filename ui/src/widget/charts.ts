/** The chart engine as a file of its own: fetched with the first picture of a page. */
export { loadPlotly } from '../charts/plotly';
