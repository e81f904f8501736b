import { differing } from '../charts/axes';
import { chartData } from '../charts/data';
import { fitted } from '../charts/parallel';
import { byGoals } from '../useGoals';

const names = (items: string[], goals: string[] = []): string[] =>
  byGoals(items, goals, name => name);

describe('the order of metrics and parameters', () => {
  it('puts what counts first, and what libraries and the computer say last', () => {
    expect(
      names(
        [
          'mlnb/process_cpu_seconds',
          'training_roc_auc',
          'accuracy',
          'log_loss',
          'roc_auc'
        ],
        ['roc_auc']
      )
    ).toEqual([
      'roc_auc',
      'accuracy',
      'log_loss',
      'training_roc_auc',
      'mlnb/process_cpu_seconds'
    ]);
  });

  it('puts the parts of a pipeline and their insides behind what was written down', () => {
    expect(
      names(['encoder', 'encoder__dtype', 'trees', 'steps', 'depth'])
    ).toEqual(['trees', 'depth', 'encoder', 'encoder__dtype', 'steps']);
    expect(names(['verbose', 'depth'])).toEqual(['verbose', 'depth']);
  });
});

describe('the axes nobody chose', () => {
  const axesOf = (
    columns: Record<string, (string | number | null)[]>
  ): string[] => {
    const ids = Object.values(columns)[0].map((_, i) => `r${i}`);
    const data = chartData(
      {
        ids,
        columns: Object.entries(columns).map(([key, values]) => ({
          key,
          type: 'string',
          values
        }))
      },
      ids
    );
    return differing(Object.keys(columns), data);
  };

  it('leaves out what is the same everywhere and what describes an object', () => {
    expect(
      axesOf({
        'params.same': ['1', '1', '1'],
        'params.described': [`A(${'x'.repeat(60)})`, 'B()', 'C()'],
        'params.depth': ['3', '5', null],
        'params.never': [null, null, null],
        'metrics.auc': [0.5, 0.6, 0.7]
      })
    ).toEqual(['params.depth', 'metrics.auc']);
  });

  it('keeps those with several values when there are too many', () => {
    const some = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`params.p${i}`, ['1', null]])
    );
    const axes = axesOf({ ...some, 'params.last': ['1', '2'] });
    expect(axes).toHaveLength(7);
    expect(axes[6]).toBe('params.last');
  });

  it('shows something when nothing differs', () => {
    expect(
      axesOf({ 'params.a': ['1', '1'], 'metrics.auc': [0.5, 0.5] })
    ).toEqual(['params.a', 'metrics.auc']);
  });
});

describe('labels of axes', () => {
  it('are cut to the room between two axes, insides of something at the beginning', () => {
    expect(fitted('depth', 10, 7)).toBe('de…');
    expect(fitted('learning_rate', 91, 7)).toBe('learning_rate');
    expect(fitted('learning_rate', 70, 7)).toBe('learning_…');
    expect(fitted('transformer__onehot__dtype', 70, 7)).toBe('…ot__dtype');
  });
});
