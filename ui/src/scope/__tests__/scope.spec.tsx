import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import * as React from 'react';
import { ApiError } from '../../api/errors';
import {
  CARD,
  HOLDOUTS,
  SCOPE,
  scopeRoutes
} from '../../testing/fixtures.scope';
import { demoRoutes, PageHarness, renderWithHost } from '../../testing';
import type { IRendered } from '../../testing';
import type { FakeRoutes, IFakeRequest } from '../../testing/fakeServer';
import {
  bodyOf,
  classOf,
  differences,
  missingRoles,
  valueAt,
  withValue
} from '../card';
import { HoldoutPage } from '../HoldoutPage';
import { NewScopePage } from '../NewScopePage';
import { ScopePage } from '../ScopePage';
import { ScopesSection } from '../ScopesSection';

function open(tab = 'card', routes: FakeRoutes = {}): IRendered {
  return renderWithHost(
    <PageHarness page={ScopePage} name="late_flights" query={{ tab }} />,
    { routes: { ...demoRoutes(), ...scopeRoutes(), ...routes } }
  );
}

function sent({ host }: IRendered, method: string): unknown[] {
  return host.server.requests
    .filter(one => one.method === method)
    .map(one => one.body);
}

describe('a card as values', () => {
  it('is changed by path and leaves the one it came from alone', () => {
    const changed = withValue(CARD, 'metrics[1].max', 0.4);
    expect(valueAt(changed, 'metrics[1].max')).toBe(0.4);
    expect(valueAt(CARD, 'metrics[1].max')).toBe(0.5);
    expect(valueAt(changed, 'target.column')).toBe('late');
  });

  it('keeps what the form does not know and leaves out what is empty', () => {
    expect(
      bodyOf({
        problem: 'other',
        owner: '',
        data: { min_rows: undefined, inputs: [] },
        later: { kept: 1 }
      })
    ).toEqual({ problem: 'other', later: { kept: 1 } });
  });

  it('reads a class as it stands in the data', () => {
    expect(['true', '1', 'yes', ' '].map(classOf)).toEqual([
      true,
      1,
      'yes',
      undefined
    ]);
  });

  it('differs by what changed, whatever the order of the metrics', () => {
    const [a, b] = CARD.metrics as object[];
    expect(differences(CARD, { ...CARD, metrics: [b, a] })).toEqual([]);
    expect(differences(CARD, withValue(CARD, 'metrics[0].min', 0.8))).toEqual([
      { path: 'metrics[roc_auc].min', before: '0.7', after: '0.8' }
    ]);
  });

  it('waits for the roles that have not agreed', () => {
    expect(missingRoles(SCOPE)).toEqual(['risk']);
    expect(
      missingRoles({ ...SCOPE, card: { owner: 'user:ada' }, signatures: [] })
    ).toEqual(['owner']);
  });
});

describe('the section', () => {
  it('lists cards with their state and hold-outs without a card', async () => {
    const { host } = renderWithHost(<ScopesSection />, {
      routes: scopeRoutes()
    });
    const cards = await screen.findByRole('list', { name: 'Scope cards' });
    expect(cards).toHaveTextContent('not agreed');
    expect(cards).toHaveTextContent('waits for risk');
    await userEvent.click(
      await screen.findByRole('button', { name: /main\.raw\.fares/ })
    );
    await userEvent.click(screen.getByRole('button', { name: /late_flights/ }));
    expect(host.opened).toEqual(['mlnb:holdout/h2', 'mlnb:scope/late_flights']);
  });

  it('teaches what a card is where there is none, and begins one', async () => {
    const { host } = renderWithHost(<ScopesSection />, {
      routes: {
        'GET api/1.0/scopes': { scopes: [] },
        'GET api/1.0/holdouts': { holdouts: [] }
      }
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'New scope card' })
    );
    expect(host.opened).toEqual(['mlnb:new-scope/card']);
  });
});

describe('the form', () => {
  it('saves what was changed as a new version, with everything else as it was', async () => {
    const rendered = open();
    const save = await screen.findByRole('button', {
      name: 'Save as version 4'
    });
    expect(save).toBeDisabled();
    const field = screen.getByRole('textbox', { name: 'At least of roc_auc' });
    await userEvent.clear(field);
    await userEvent.type(field, '0.75');
    await userEvent.click(save);
    await waitFor(() => expect(sent(rendered, 'PUT')).toHaveLength(1));
    expect(sent(rendered, 'PUT')[0]).toEqual({
      replaces: SCOPE.version,
      body: withValue(CARD, 'metrics[0].min', 0.75)
    });
    expect(rendered.host.notices.at(-1)?.message).toBe('Version 4 is saved.');
    expect(rendered.host.notices.at(-1)?.hint).toMatch(/owner, risk/);
  });

  it('says by how much a metric has to beat the baseline', async () => {
    const rendered = open();
    await userEvent.type(
      await screen.findByRole('textbox', {
        name: 'Beats the baseline by of roc_auc'
      }),
      '0.02'
    );
    await userEvent.type(
      screen.getByRole('textbox', {
        name: 'Beats the baseline by (share) of log_loss'
      }),
      '0.1'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Save as version 4' })
    );
    await waitFor(() => expect(sent(rendered, 'PUT')).toHaveLength(1));
    expect(sent(rendered, 'PUT')[0]).toMatchObject({
      body: {
        metrics: [
          { name: 'roc_auc', min: 0.7, min_absolute_change: 0.02 },
          { name: 'log_loss', max: 0.5, min_relative_change: 0.1 }
        ]
      }
    });
  });

  it('tells a refusal at the field it is about and keeps what was typed', async () => {
    const rendered = open();
    const field = await screen.findByRole('textbox', {
      name: 'At least of roc_auc'
    });
    await userEvent.clear(field);
    await userEvent.type(field, 'high');
    await userEvent.click(
      screen.getByRole('button', { name: 'Save as version 4' })
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'input should be a valid number'
    );
    expect(field).toHaveValue('high');
    expect(field).toHaveFocus();
    expect(field).toHaveAttribute('aria-invalid', 'true');
    expect(rendered.host.notices).toHaveLength(0);
  });

  it('tells a refusal of a part at the head of that part', async () => {
    open('card', {
      'PUT api/1.0/scopes/*': new ApiError(
        400,
        'INVALID_SCOPE_CARD',
        'No.',
        null,
        [{ field: 'holdout', description: 'time and since go together' }]
      )
    });
    await userEvent.type(
      await screen.findByRole('textbox', { name: 'Or: time column' }),
      'as_of'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Save as version 4' })
    );
    const part = screen.getByRole('group', { name: 'Hold-out' });
    expect(await within(part).findByRole('alert')).toHaveTextContent(
      'time and since go together'
    );
  });

  it('tells a refusal that is about no field above them', async () => {
    open('card', {
      'PUT api/1.0/scopes/*': new ApiError(
        400,
        'INVALID_SCOPE_CARD',
        'Only one metric can be primary.',
        null,
        [{ field: 'card', description: 'only one metric can be primary' }]
      )
    });
    await userEvent.type(
      await screen.findByRole('textbox', { name: 'Horizon' }),
      '30d'
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Save as version 4' })
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Only one metric can be primary.'
    );
  });

  it('says when another has saved a version meanwhile', async () => {
    let version = SCOPE.version;
    const { host } = open('card', {
      'GET api/1.0/scopes/*': () => ({ ...SCOPE, version, created_by: 'grace' })
    });
    await userEvent.type(
      await screen.findByRole('textbox', { name: 'Horizon' }),
      '30d'
    );
    version = 4;
    host.events.change('scope:late_flights');
    expect(
      await screen.findByText(/grace saved version 4 meanwhile/)
    ).toBeInTheDocument();
    expect(screen.getByRole('textbox', { name: 'Horizon' })).toHaveValue('30d');
  });

  it('gives up what was changed', async () => {
    open();
    const field = await screen.findByRole('textbox', { name: 'Horizon' });
    await userEvent.type(field, '30d');
    await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
    expect(field).toHaveValue('');
  });

  it('adds and removes metrics and roles', async () => {
    const rendered = open();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Remove log_loss' })
    );
    await userEvent.click(screen.getByRole('button', { name: 'Add a metric' }));
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Metric of 2' }),
      'f1'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Remove risk' }));
    await userEvent.click(
      screen.getByRole('button', { name: 'Save as version 4' })
    );
    await waitFor(() => expect(sent(rendered, 'PUT')).toHaveLength(1));
    expect(sent(rendered, 'PUT')[0]).toMatchObject({
      replaces: SCOPE.version,
      body: {
        metrics: [{ name: 'roc_auc', primary: true, min: 0.7 }, { name: 'f1' }],
        signoff: { roles: [{ role: 'owner' }] }
      }
    });
  });
});

describe('a new card', () => {
  it('never writes over a card of the same name', async () => {
    renderWithHost(<PageHarness page={NewScopePage} name="card" />, {
      routes: {
        ...scopeRoutes(),
        'PUT api/1.0/scopes/*': ({ body }: IFakeRequest) =>
          (body as { replaces?: number }).replaces === 0
            ? new ApiError(
                409,
                'SCOPE_ALREADY_EXISTS',
                'There is a scope card churn already.'
              )
            : SCOPE
      }
    });
    await userEvent.type(
      await screen.findByRole('textbox', { name: 'Name' }),
      'churn'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Create' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'There is a scope card churn already.'
    );
  });

  it('begins with the template of its problem and is created by its name', async () => {
    const rendered = renderWithHost(
      <PageHarness page={NewScopePage} name="card" />,
      { routes: scopeRoutes() }
    );
    const create = await screen.findByRole('button', { name: 'Create' });
    expect(create).toBeDisabled();
    await waitFor(() =>
      expect(
        screen.getByRole('textbox', { name: 'Metric of roc_auc' })
      ).toBeInTheDocument()
    );
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Name' }),
      'churn'
    );
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Template' }),
      'Regression'
    );
    await waitFor(() =>
      expect(screen.getByRole('combobox', { name: 'Problem' })).toHaveValue(
        'regression'
      )
    );
    await userEvent.click(create);
    await waitFor(() =>
      expect(rendered.host.opened).toEqual(['mlnb:scope/churn'])
    );
  });

  it('asks before a template replaces what was written', async () => {
    const { host } = renderWithHost(
      <PageHarness page={NewScopePage} name="card" />,
      { routes: scopeRoutes() }
    );
    await screen.findByRole('textbox', { name: 'Metric of roc_auc' });
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Horizon' }),
      '30d'
    );
    host.answer = false;
    await userEvent.selectOptions(
      screen.getByRole('combobox', { name: 'Template' }),
      'Ranking'
    );
    await waitFor(() => expect(host.questions).toHaveLength(1));
    expect(screen.getByRole('textbox', { name: 'Horizon' })).toHaveValue('30d');
  });
});

describe('signatures', () => {
  it('show who agreed and who is waited for, and take a decision', async () => {
    const rendered = open('signatures');
    const table = await screen.findByRole('table', { name: 'Signatures' });
    const [owner, risk] = within(table).getAllByRole('row');
    expect(owner).toHaveTextContent('agreed');
    expect(risk).toHaveTextContent('waiting');
    // Whoever rejects says why.
    expect(screen.getByRole('button', { name: 'Reject' })).toBeDisabled();
    await userEvent.click(
      screen.getByRole('button', { name: 'Agree to version 3' })
    );
    await waitFor(() =>
      expect(sent(rendered, 'POST')).toContainEqual({
        role: 'risk',
        decision: 'approve',
        comment: ''
      })
    );
  });

  it('say why a signature was refused', async () => {
    open('signatures', {
      'POST api/1.0/scopes/*/sign': new ApiError(
        403,
        'PERMISSION_DENIED',
        'ada may not sign as risk.',
        'These may: user:grace.'
      )
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Agree to version 3' })
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'ada may not sign as risk. These may: user:grace.'
    );
  });
});

describe('versions', () => {
  it('stand with what each changed', async () => {
    open('versions');
    const changes = await screen.findByRole('table', {
      name: 'Changes from version 2'
    });
    expect(changes).toHaveTextContent('metrics[roc_auc].min0.650.7');
    expect(changes).toHaveTextContent(
      'data.forbiddenarr_delaydep_delay, arr_time, arr_delay'
    );
  });
});

describe('a hold-out', () => {
  it('tells which rows, how many looks, who looked and why', async () => {
    open('holdout');
    expect(
      await screen.findByText(
        '20% of the values of flight_id, chosen once for ever'
      )
    ).toBeInTheDocument();
    expect(
      screen.getByRole('img', { name: '3 of 5 looks taken' })
    ).toBeInTheDocument();
    const looks = await screen.findByRole('table', { name: 'Looks' });
    const [, last] = within(looks).getAllByRole('row');
    expect(last).toHaveTextContent('grace');
    expect(last).toHaveTextContent('look for wrong labels');
    expect(looks).toHaveTextContent('rows reached a training');
  });

  it('is given further looks only with a reason', async () => {
    const rendered = open('holdout');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Allow more looks…' })
    );
    const allow = screen.getByRole('button', { name: 'Allow them' });
    expect(allow).toBeDisabled();
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Why are they needed?' }),
      'a new kind of model'
    );
    await userEvent.click(allow);
    await waitFor(() =>
      expect(sent(rendered, 'POST')).toContainEqual({
        looks: 3,
        reason: 'a new kind of model'
      })
    );
  });

  it('ends only after a question', async () => {
    const rendered = open('holdout');
    rendered.host.answer = false;
    const stop = await screen.findByRole('button', {
      name: 'Stop holding out…'
    });
    const posts = (): number => sent(rendered, 'POST').length;
    const before = posts();
    await userEvent.click(stop);
    expect(rendered.host.questions[0].danger).toBe(true);
    expect(posts()).toBe(before);
    rendered.host.answer = true;
    await userEvent.click(stop);
    await waitFor(() => expect(posts()).toBe(before + 1));
  });

  it('without a card has a page of its own', async () => {
    renderWithHost(<PageHarness page={HoldoutPage} name={HOLDOUTS[1].id} />, {
      routes: scopeRoutes()
    });
    expect(
      await screen.findByText('rows with sold_at from 2026-01-01 on')
    ).toBeInTheDocument();
    expect(screen.getByText('no look is left')).toBeInTheDocument();
  });
});

describe('a check', () => {
  it('holds a run against the card, gate by gate', async () => {
    open('check');
    await userEvent.selectOptions(
      await screen.findByRole('combobox', { name: 'Run' }),
      await screen.findByRole('option', { name: /^logistic-13/ })
    );
    const gates = await screen.findByRole('table', { name: 'Gates' });
    expect(gates).toHaveTextContent('holdout');
    expect(screen.getByText('1 gate keeps it back.')).toBeInTheDocument();
  });
});
