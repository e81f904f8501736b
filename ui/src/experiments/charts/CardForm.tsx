import * as React from 'react';
import { Select } from '../../components/Select';
import { useTrans } from '../../host';
import { shortKey } from '../rows';
import { START } from '../columns';
import type { ICard, IKnown } from './cards';

const MOST_AXES = 20;
const LISTED = 60;

/** What a picture shows. */
export function CardForm(props: {
  card: ICard;
  known: IKnown;
  onChange: (change: Partial<ICard>) => void;
}): JSX.Element {
  const { card, known, onChange } = props;
  const trans = useTrans();
  const all = [...known.params, ...known.metrics];
  const none = { value: '', label: trans.__('nothing') };
  const one = (
    label: string,
    value: string | undefined,
    keys: readonly string[],
    set: (key: string | undefined) => void,
    optional = false
  ): JSX.Element => (
    <Select
      label={label}
      value={value ?? ''}
      options={[
        ...(optional || !value ? [none] : []),
        ...optionsOf(keys, value)
      ]}
      onChange={key => set(key || undefined)}
    />
  );
  const group = (): JSX.Element =>
    one(
      trans.__('Group by'),
      card.groupBy,
      known.params,
      groupBy => onChange({ groupBy }),
      true
    );
  switch (card.kind) {
    case 'parallel':
      return (
        <div className="jp-mlnb-CardForm">
          {one(
            trans.__('Colour'),
            card.color,
            all,
            color => onChange({ color }),
            true
          )}
          <Many
            label={trans.__('Axes')}
            keys={all}
            chosen={card.axes ?? []}
            most={MOST_AXES}
            onChange={axes => onChange({ axes, auto: undefined })}
          />
        </div>
      );
    case 'scatter':
      return (
        <div className="jp-mlnb-CardForm">
          {one(trans.__('Across'), card.x, [START, ...all], x =>
            onChange({ x })
          )}
          {one(trans.__('Upwards'), card.y, all, y => onChange({ y }))}
          {one(
            trans.__('Colour'),
            card.color,
            all,
            color => onChange({ color }),
            true
          )}
          <Logs card={card} onChange={onChange} />
        </div>
      );
    case 'contour':
      return (
        <div className="jp-mlnb-CardForm">
          {one(trans.__('Across'), card.x, all, x => onChange({ x }))}
          {one(trans.__('Upwards'), card.y, all, y => onChange({ y }))}
          {one(trans.__('Height'), card.color, all, color =>
            onChange({ color })
          )}
          <Logs card={card} onChange={onChange} />
        </div>
      );
    case 'bar':
      return (
        <div className="jp-mlnb-CardForm">
          {group()}
          <Many
            label={trans.__('Metrics')}
            keys={known.metrics}
            chosen={card.metrics ?? []}
            most={8}
            onChange={metrics => onChange({ metrics })}
          />
        </div>
      );
    case 'line':
      return (
        <div className="jp-mlnb-CardForm">
          <Select
            label={trans.__('Over')}
            value={card.over ?? 'step'}
            options={[
              { value: 'step', label: trans.__('step') },
              {
                value: 'relative_time',
                label: trans.__('time since its start')
              },
              { value: 'time', label: trans.__('time of day') }
            ]}
            onChange={over => onChange({ over: over as ICard['over'] })}
          />
          <label className="jp-mlnb-Field">
            {trans.__('Smoothing')}
            <input
              type="range"
              min={0}
              max={0.99}
              step={0.01}
              value={card.smoothing ?? 0}
              onChange={event =>
                onChange({ smoothing: Number(event.target.value) })
              }
            />
            <output>{(card.smoothing ?? 0).toFixed(2)}</output>
          </label>
          {group()}
          <Logs card={card} onChange={onChange} />
          <Many
            label={trans.__('Metrics')}
            keys={known.metrics}
            chosen={card.metrics ?? []}
            most={20}
            onChange={metrics => onChange({ metrics })}
          />
        </div>
      );
  }
}

function optionsOf(
  keys: readonly string[],
  value: string | undefined
): { value: string; label: string }[] {
  const listed = keys.slice(0, 300);
  const known = value && !listed.includes(value) ? [value, ...listed] : listed;
  return known.map(key => ({ value: key, label: shortKey(key) }));
}

function Logs(props: {
  card: ICard;
  onChange: (change: Partial<ICard>) => void;
}): JSX.Element {
  const { card, onChange } = props;
  const trans = useTrans();
  const choice = (
    label: string,
    value: boolean | undefined,
    set: (log: boolean | undefined) => void
  ): JSX.Element => (
    <Select
      label={label}
      value={value === undefined ? '' : value ? 'log' : 'linear'}
      options={[
        { value: '', label: trans.__('by the values') },
        { value: 'linear', label: trans.__('linear') },
        { value: 'log', label: trans.__('logarithmic') }
      ]}
      onChange={next => set(next === '' ? undefined : next === 'log')}
    />
  );
  return (
    <>
      {choice(trans.__('Scale across'), card.logX, logX => onChange({ logX }))}
      {choice(trans.__('Scale upwards'), card.logY, logY => onChange({ logY }))}
    </>
  );
}

function Many(props: {
  label: string;
  keys: readonly string[];
  chosen: readonly string[];
  most: number;
  onChange: (keys: string[]) => void;
}): JSX.Element {
  const { label, keys, chosen, most } = props;
  const trans = useTrans();
  const [text, setText] = React.useState('');
  const needle = text.trim().toLowerCase();
  const ordered = [...chosen, ...keys.filter(key => !chosen.includes(key))];
  const found = ordered.filter(key => key.toLowerCase().includes(needle));
  return (
    <fieldset className="jp-mlnb-CardForm-many">
      <legend>{label}</legend>
      {keys.length > 12 && (
        <input
          className="jp-mlnb-Input"
          aria-label={trans.__('Find among %1', label)}
          placeholder={trans.__('Find')}
          value={text}
          onChange={event => setText(event.target.value)}
        />
      )}
      <div>
        {found.slice(0, LISTED).map(key => (
          <label key={key}>
            <input
              type="checkbox"
              checked={chosen.includes(key)}
              disabled={!chosen.includes(key) && chosen.length >= most}
              onChange={() =>
                props.onChange(
                  chosen.includes(key)
                    ? chosen.filter(one => one !== key)
                    : [...chosen, key]
                )
              }
            />
            <bdi>{shortKey(key)}</bdi>
          </label>
        ))}
        {found.length > LISTED && (
          <p className="jp-mlnb-Muted">
            {trans.__('%1 more: type to find them', found.length - LISTED)}
          </p>
        )}
      </div>
    </fieldset>
  );
}
