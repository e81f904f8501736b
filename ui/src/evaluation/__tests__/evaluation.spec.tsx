import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import type { IRun } from '../../api/types';
import type { IEvaluationResult } from '../../api/types.evaluation';
import { plainTrans, renderWithHost, RUN } from '../../testing';
import type { FakeRoutes } from '../../testing';
import {
  DEMO_CARD,
  DEMO_EVALUATION,
  DEMO_MODEL_COMPARISON,
  runsRoutes
} from '../../testing/fixtures.runs';
import { EvaluationTab } from '../EvaluationTab';
import { worstFirst } from '../figures';
import { sliceSpec } from '../SlicesSection';

function show(
  evaluations: unknown[] = [DEMO_EVALUATION],
  run: Partial<IRun> = {},
  routes: FakeRoutes = {}
): ReturnType<typeof renderWithHost> {
  return renderWithHost(<EvaluationTab run={{ ...RUN, ...run }} />, {
    routes: {
      ...runsRoutes(),
      'GET api/1.0/scopes': { scopes: [] },
      'GET api/1.0/runs/*/evaluations': { evaluations },
      ...routes
    }
  });
}

const OPEN: IEvaluationResult = {
  ...DEMO_EVALUATION,
  look: undefined,
  curves: []
};
const SCOPED = { tags: { 'mlnb.scope': 'late_flights' } };

describe('evaluation of a run', () => {
  it('shows each metric with its interval, the deciding one first', async () => {
    show();
    const table = await screen.findByRole('table', { name: 'Metrics' });
    const rows = within(table).getAllByRole('row');
    expect(rows[1]).toHaveTextContent('roc_auc decides0.75230.7461 – 0.7584');
    expect(rows[2]).toHaveTextContent('log_loss 0.4912');
  });

  it('names the slice in which it is worst, with its interval', async () => {
    show();
    const { parentElement } = await screen.findByText(/It is worst where/);
    expect(parentElement).toHaveTextContent(
      'It is worst where carrier = EVroc_auc 0.7100 (0.6920 – 0.7280) · over all rows 0.7523 · 1,740 rows'
    );
  });

  it('shows slices as a picture and as a table, the worst first', async () => {
    const { host } = show();
    const table = await screen.findByRole('table', {
      name: 'roc_auc by carrier'
    });
    expect(within(table).getAllByRole('row')[1]).toHaveTextContent(/^EV worst/);
    await waitFor(() => expect(host.drawn.drawn).not.toHaveLength(0));
    expect(host.drawn.drawn[0].thresholds?.[0].label).toBe('all: 0.7523');
  });

  it('tells the look at held-out rows', async () => {
    show();
    expect(
      await screen.findByText(
        'Look 2 of 5 at the held-out rows of main.ml.flight_labels.'
      )
    ).toBeVisible();
    // A threshold chosen on them would be fitted to them.
    expect(
      screen.queryByRole('region', { name: 'Decision threshold' })
    ).toBeNull();
  });

  it('puts protected groups beside everybody else and says what is not chance', async () => {
    show();
    const table = await screen.findByRole('table', {
      name: 'equal_opportunity by group'
    });
    const row = within(table).getByRole('row', { name: /carrier = EV/ });
    expect(row).toHaveTextContent('1,7400.610.68−0.070.03 – 0.11');
    expect(within(row).getByTitle(/chance alone/)).toBeVisible();
  });

  it('tells groups of several classes apart, and conditions without a value', async () => {
    const [fact] = DEMO_EVALUATION.fairness;
    const fairness = [
      { ...fact, positive: 'late' },
      { ...fact, positive: 'cancelled', lower: 0 },
      { ...fact, group_key: 'age < 25', group_value: 'yes', lower: 0 }
    ];
    show([{ ...DEMO_EVALUATION, fairness }]);
    const table = await screen.findByRole('table', {
      name: 'equal_opportunity by group'
    });
    const names = within(table)
      .getAllByRole('rowheader')
      .map(one => one.textContent?.trim());
    expect(names).toEqual([
      'carrier = EV for the class late',
      'carrier = EV for the class cancelled',
      'age < 25'
    ]);
    expect(within(table).getAllByTitle(/chance alone/)).toHaveLength(1);
  });

  it('chooses a threshold by what mistakes cost, and stores it', async () => {
    const { host } = show([OPEN]);
    const section = await screen.findByRole('region', {
      name: 'Decision threshold'
    });
    await userEvent.click(
      within(section).getByRole('button', { name: 'Find the threshold' })
    );
    expect(await within(section).findByText('0.37')).toBeVisible();
    await userEvent.click(
      within(section).getByRole('button', { name: 'Store with the model' })
    );
    await waitFor(() => expect(host.notices).toHaveLength(1));
    const bodies = host.server.requests
      .filter(one => one.path.endsWith('/threshold'))
      .map(one => one.body);
    const cost = { false_positive: 1, false_negative: 5 };
    expect(bodies).toEqual([{ cost }, { cost, store: true }]);
    await userEvent.type(
      within(section).getByRole('textbox', { name: 'a miss costs' }),
      '0'
    );
    expect(
      within(section).queryByRole('button', { name: 'Store with the model' })
    ).toBeNull();
  });

  it('asks for a share between 0 and 1, and for nothing else', async () => {
    show([OPEN]);
    const section = await screen.findByRole('region', {
      name: 'Decision threshold'
    });
    await userEvent.selectOptions(
      within(section).getByRole('combobox', { name: 'Choose by' }),
      'recall'
    );
    const share = within(section).getByRole('textbox', { name: 'Share' });
    await userEvent.clear(share);
    await userEvent.type(share, '90');
    expect(
      within(section).getByRole('button', { name: 'Find the threshold' })
    ).toBeDisabled();
  });

  it('compares with a champion on the same rows', async () => {
    const { host } = show();
    const section = await screen.findByRole('region', {
      name: 'Against another model'
    });
    expect(
      within(section).getByRole('textbox', { name: 'Champion' })
    ).toHaveValue('models:/main.ml.flights@champion');
    await userEvent.click(
      within(section).getByRole('button', { name: 'Compare on the same rows' })
    );
    const table = await screen.findByRole('table', {
      name: 'This model and the champion'
    });
    expect(table).toHaveTextContent(
      'roc_auc0.75230.7431+0.00920.0061 – 0.0124Better'
    );
    expect(
      host.server.requests.find(one => one.path.endsWith('compare'))?.body
    ).toMatchObject({
      challenger: 'models:/m-1',
      targets: 'late',
      holdout: true
    });
  });

  it('holds the run against its card, what fails first, with evidence and hint', async () => {
    show([DEMO_EVALUATION], SCOPED, {
      'GET api/1.0/runs/*/gates': {
        passed: false,
        results: [
          { gate: 'data', status: 'pass', message: 'Enough rows.' },
          {
            gate: 'metric:roc_auc',
            status: 'fail',
            observed: 0.7523,
            required: 0.8,
            evidence: 'evaluation:e1',
            message: 'roc_auc is too low.',
            hint: 'Train longer.'
          }
        ]
      }
    });
    const table = await screen.findByRole('table', { name: 'Gates' });
    const [, first] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(
      'Failmetric:roc_auc0.75230.8roc_auc is too low.Evidence: evaluation:e1Train longer.'
    );
    expect(screen.getByText('1 gate keeps it back.')).toBeVisible();
  });

  it('shows what each limit asked for', async () => {
    show([
      {
        ...DEMO_EVALUATION,
        validation: [
          {
            gate: 'metric:roc_auc',
            status: 'pass',
            observed: 0.7523,
            required: 0.7,
            message: 'It is reached.'
          },
          {
            gate: 'metric:log_loss',
            status: 'fail',
            observed: 0.4912,
            required: 0.4,
            message: 'It is not reached.'
          }
        ]
      }
    ]);
    const table = await screen.findByRole('table', {
      name: 'What the limits asked for'
    });
    const [, first, second] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(
      'Failmetric:log_loss0.49120.4It is not reached.'
    );
    expect(second).toHaveTextContent('Pass');
  });

  it('shows the model card, and checks its facts', async () => {
    show(
      undefined,
      {},
      {
        'POST api/1.0/runs/*/card/verify': {
          valid: false,
          changed: ['data.1'],
          missing: []
        }
      }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show the card' })
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Check every fact again' })
    );
    expect(await screen.findByText('No longer so: Read')).toBeVisible();
  });

  it('checks the card that is shown, and keeps it with the run', async () => {
    const { host } = show(
      undefined,
      {},
      {
        'POST api/1.0/runs/*/card': DEMO_CARD,
        'POST api/1.0/runs/*/card/verify': {
          valid: true,
          changed: [],
          missing: []
        }
      }
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show the card' })
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Check every fact again' })
    );
    expect(await screen.findByText('All facts still hold')).toBeVisible();
    await userEvent.click(
      screen.getByRole('button', { name: 'Keep with the run' })
    );
    await waitFor(() => expect(host.notices).toHaveLength(1));
    expect(
      host.server.requests.find(one => one.path.endsWith('verify'))?.body
    ).toEqual({ card: DEMO_CARD });
  });

  it('shows what the model was compared with before, on the same data', async () => {
    show(
      undefined,
      {},
      {
        'GET api/1.0/runs/*/comparisons': {
          comparisons: [
            { ...DEMO_MODEL_COMPARISON, id: 'c2', data_version: 2 },
            DEMO_MODEL_COMPARISON
          ]
        }
      }
    );
    expect(
      await screen.findByText('models:/main.ml.flights@Champion')
    ).toBeVisible();
    expect(
      screen.getAllByRole('table', { name: 'This model and the champion' })
    ).toHaveLength(1);
  });

  it('teaches how a model is evaluated, with a cell for this one', async () => {
    const { host } = show([]);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Insert it' })
    );
    expect(host.inserted[0]).toBe(
      '%evaluate models:/main.ml.flights/3 --data main.ml.flight_labels --target TARGET'
    );
  });

  it('lets one of several be chosen', async () => {
    const older: IEvaluationResult = {
      ...DEMO_EVALUATION,
      id: 'e0',
      data: 'main.ml.older',
      worst: undefined,
      slices: [],
      fairness: []
    };
    show([DEMO_EVALUATION, older]);
    await userEvent.selectOptions(
      await screen.findByRole('combobox', { name: 'Evaluation' }),
      'e0'
    );
    expect(
      screen.getByRole('region', { name: 'On main.ml.older' })
    ).toBeVisible();
    expect(screen.queryByText(/It is worst where/)).toBeNull();
  });

  it('says what went wrong', async () => {
    show(
      undefined,
      {},
      {
        'GET api/1.0/runs/*/evaluations': new ApiError(400, 'X', 'No store.')
      }
    );
    expect(await screen.findByText('No store.')).toBeVisible();
  });
});

describe('slices', () => {
  const rows = [0.7, 0.9, 0.6].map((value, i) => ({
    slice_key: 'k',
    slice_value: `s${i}`,
    n: 100,
    metric: 'm',
    value
  }));

  it('stand worst first, which for a loss is the greatest', () => {
    expect(worstFirst(rows, 'roc_auc').map(row => row.value)).toEqual([
      0.6, 0.7, 0.9
    ]);
    expect(worstFirst(rows, 'log_loss').map(row => row.value)).toEqual([
      0.9, 0.7, 0.6
    ]);
    const tiny = { ...rows[0], value: 0.1, n: 7 };
    expect(worstFirst([tiny, ...rows], 'roc_auc').at(-1)).toBe(tiny);
  });

  it('are drawn from the top, without whiskers where there are no intervals', () => {
    const spec = sliceSpec(rows, 'k', 'm', undefined, plainTrans);
    expect(spec.series[0].x).toEqual(['s2', 's1', 's0']);
    expect(spec.series[0].lower).toBeUndefined();
  });
});
