import * as React from 'react';

export interface ITab {
  id: string;
  label: string;
  /** A number behind the label. */
  count?: number;
}

export interface ITabsProps {
  /** What the tabs belong to, for a screen reader. */
  label: string;
  tabs: readonly ITab[];
  current: string;
  onSelect: (id: string) => void;
  children: React.ReactNode;
}

/** A list of tabs with one stop of the Tab key; arrows move between them. */
export function Tabs(props: ITabsProps): JSX.Element {
  const { tabs, current, onSelect } = props;
  const base = React.useId();
  const list = React.useRef<HTMLDivElement>(null);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const at = tabs.findIndex(tab => tab.id === current);
    const next = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      onSelect(tabs[next].id);
      (list.current?.children[next] as HTMLElement | undefined)?.focus();
    }
  };

  return (
    <div className="jp-mlnb-Tabs">
      <div
        ref={list}
        className="jp-mlnb-Tabs-list"
        role="tablist"
        aria-label={props.label}
        onKeyDown={onKeyDown}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            className="jp-mlnb-Tabs-tab"
            aria-selected={tab.id === current}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => onSelect(tab.id)}
          >
            {tab.label}
            {tab.count !== undefined && (
              <span className="jp-mlnb-Tabs-count">{tab.count}</span>
            )}
          </button>
        ))}
      </div>
      <div
        className="jp-mlnb-Tabs-panel"
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${current}`}
      >
        {props.children}
      </div>
    </div>
  );
}
