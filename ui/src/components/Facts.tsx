import * as React from 'react';

export interface IFact {
  label: string;
  value: React.ReactNode;
  title?: string;
}

/** A few figures in a row, large enough to be read at a glance. */
export function Facts({ facts }: { facts: readonly IFact[] }): JSX.Element {
  return (
    <dl className="jp-mlnb-Facts">
      {facts.map(fact => (
        <div key={fact.label} title={fact.title}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values in two columns. */
export function Pairs(props: {
  label: string;
  pairs: readonly (readonly [string, React.ReactNode])[];
  /** Values are figures: right-aligned, digits of equal width. */
  numeric?: boolean;
}): JSX.Element {
  return (
    <table
      className={`jp-mlnb-Pairs${props.numeric ? ' jp-mod-numeric' : ''}`}
      aria-label={props.label}
    >
      <tbody>
        {props.pairs.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">
              <bdi>
                <Name text={name} />
              </bdi>
            </th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Shorter names are not broken. */
const LONG_NAME = 24;

/** A long name goes on in the next line where one of its parts ends. */
export function Name({ text }: { text: string }): JSX.Element {
  const parts =
    text.length > LONG_NAME ? text.split(/(?<=[_/.])(?![_/.])/) : [text];
  return (
    <>
      {parts.map((part, i) => (
        <React.Fragment key={i}>
          {i > 0 && <wbr />}
          {part}
        </React.Fragment>
      ))}
    </>
  );
}
