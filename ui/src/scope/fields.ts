/** The fields of a scope card, in the order in which a project is thought through. */
import type { ITrans } from '../host';
import { PROBLEMS, problemWord } from './words';

export type FieldKind =
  'text' | 'number' | 'class' | 'list' | 'choice' | 'flag' | 'area' | 'date';

export interface IFieldSpec {
  /** Where the value stands in the card. */
  path: string;
  label: string;
  /** What it is for, and what reads it. */
  help?: string;
  kind: FieldKind;
  example?: string;
  options?: readonly { value: string; label: string }[];
}

export interface IFieldGroup {
  id: string;
  title: string;
  help: string;
  fields: readonly IFieldSpec[];
}

export function fieldGroups(trans: ITrans): IFieldGroup[] {
  const none = { value: '', label: trans.__('not said') };
  return [
    {
      id: 'target',
      title: trans.__('What is predicted'),
      help: trans.__('The question, and when its answer is known.'),
      fields: [
        {
          path: 'problem',
          label: trans.__('Problem'),
          kind: 'choice',
          options: PROBLEMS.map(one => ({
            value: one,
            label: problemWord(one, trans)
          }))
        },
        {
          path: 'target.table',
          label: trans.__('Table'),
          kind: 'text',
          example: 'main.churn.customers'
        },
        {
          path: 'target.column',
          label: trans.__('Column'),
          kind: 'text',
          example: 'churned'
        },
        {
          path: 'target.positive',
          label: trans.__('Class that counts'),
          help: trans.__('The value whose share and metrics are reported.'),
          kind: 'class',
          example: 'true'
        },
        {
          path: 'target.event_time',
          label: trans.__('Time of the event'),
          help: trans.__(
            'Column with the moment of the prediction: what comes later is a leak.'
          ),
          kind: 'text',
          example: 'as_of'
        },
        {
          path: 'target.horizon',
          label: trans.__('Horizon'),
          help: trans.__('How far ahead is predicted, such as 30d.'),
          kind: 'text',
          example: '30d'
        }
      ]
    },
    {
      id: 'data',
      title: trans.__('Data'),
      help: trans.__('What training data has to be; read by the gates.'),
      fields: [
        {
          path: 'data.inputs',
          label: trans.__('Input tables'),
          kind: 'list',
          example: 'main.churn.usage, main.churn.calls'
        },
        {
          path: 'data.min_rows',
          label: trans.__('At least rows'),
          kind: 'number',
          example: '5000'
        },
        {
          path: 'data.min_positive',
          label: trans.__('At least rows of the class'),
          kind: 'number',
          example: '500'
        },
        {
          path: 'data.max_age',
          label: trans.__('Not older than'),
          kind: 'text',
          example: '7d'
        },
        {
          path: 'data.forbidden',
          label: trans.__('Columns that must not be used'),
          help: trans.__(
            'Marked in every profile; a model that uses one is kept back.'
          ),
          kind: 'list',
          example: 'cancel_reason'
        },
        {
          path: 'data.leakage',
          label: trans.__('Leaks'),
          help: trans.__(
            'Whether a profile with the target has to be there, without a finding that blocks.'
          ),
          kind: 'choice',
          options: [
            none,
            { value: 'checked', label: trans.__('have to be checked') }
          ]
        },
        {
          path: 'data.sufficiency',
          label: trans.__('Enough when'),
          help: trans.__('In words, for people.'),
          kind: 'text',
          example: trans.__('two full seasons')
        }
      ]
    },
    {
      id: 'baseline',
      title: trans.__('What it has to beat'),
      help: trans.__(
        'Compared on the metric that decides, over the same rows.'
      ),
      fields: [
        {
          path: 'baseline.rule',
          label: trans.__('Baseline'),
          help: trans.__('An alias such as @champion.'),
          kind: 'text',
          example: '@champion'
        },
        {
          path: 'baseline.require',
          label: trans.__('It has to be'),
          kind: 'choice',
          options: [
            none,
            { value: 'better', label: trans.__('better') },
            { value: 'not_worse', label: trans.__('not worse') }
          ]
        }
      ]
    },
    {
      id: 'serving',
      title: trans.__('How it is asked'),
      help: trans.__('Measured when the model is started as a candidate.'),
      fields: [
        {
          path: 'serving.mode',
          label: trans.__('Mode'),
          kind: 'choice',
          options: [
            none,
            { value: 'realtime', label: trans.__('request by request') },
            { value: 'batch', label: trans.__('whole tables') }
          ]
        },
        {
          path: 'serving.latency_p95_ms',
          label: trans.__('95% answered within (ms)'),
          kind: 'number',
          example: '100'
        },
        {
          path: 'serving.throughput_rps',
          label: trans.__('Requests per second'),
          kind: 'number',
          example: '50'
        },
        {
          path: 'serving.freshness',
          label: trans.__('Inputs not older than'),
          kind: 'text',
          example: '1d'
        }
      ]
    },
    {
      id: 'fairness',
      title: trans.__('Fairness and explanation'),
      help: trans.__('Differences between groups that are too large block.'),
      fields: [
        {
          path: 'fairness.protected',
          label: trans.__('Protected groups'),
          help: trans.__('Columns or conditions, such as gender, age < 25.'),
          kind: 'list',
          example: 'gender, age < 25'
        },
        {
          path: 'explainability',
          label: trans.__('Explanations'),
          kind: 'choice',
          options: [
            { value: 'none', label: trans.__('none') },
            { value: 'global', label: trans.__('of the model as a whole') },
            {
              value: 'per_prediction',
              label: trans.__('of every prediction')
            }
          ]
        }
      ]
    },
    {
      id: 'holdout',
      title: trans.__('Hold-out'),
      help: trans.__(
        'Rows that nobody sees before the final test. Saving the card holds them out.'
      ),
      fields: [
        {
          path: 'holdout.key',
          label: trans.__('Key'),
          help: trans.__(
            'All rows of one value fall on one side: the customer, not the row.'
          ),
          kind: 'list',
          example: 'customer_id'
        },
        {
          path: 'holdout.fraction',
          label: trans.__('Share held out'),
          kind: 'number',
          example: '0.2'
        },
        {
          path: 'holdout.time',
          label: trans.__('Or: time column'),
          help: trans.__('Rows from a moment on are held out.'),
          kind: 'text',
          example: 'as_of'
        },
        {
          path: 'holdout.since',
          label: trans.__('From'),
          kind: 'text',
          example: '2026-01-01'
        },
        {
          path: 'holdout.column',
          label: trans.__('Or: column'),
          help: trans.__('Rows with one value of it are held out.'),
          kind: 'text',
          example: 'split'
        },
        {
          path: 'holdout.value',
          label: trans.__('With the value'),
          kind: 'class',
          example: 'test'
        },
        {
          path: 'holdout.looks',
          label: trans.__('Looks allowed'),
          help: trans.__(
            'Each look at the result makes the next one worth less.'
          ),
          kind: 'number',
          example: '5'
        },
        {
          path: 'holdout.may_look',
          label: trans.__('Who may look'),
          help: trans.__('Everybody who may read the table, if empty.'),
          kind: 'list',
          example: 'group:reviewers'
        }
      ]
    },
    {
      id: 'people',
      title: trans.__('People'),
      help: trans.__('Who answers for it, and until when it holds.'),
      fields: [
        {
          path: 'owner',
          label: trans.__('Owner'),
          kind: 'text',
          example: 'user:ada'
        },
        {
          path: 'review_by',
          label: trans.__('Review by'),
          kind: 'date'
        },
        {
          path: 'signoff.four_eyes',
          label: trans.__('Four eyes'),
          help: trans.__(
            'Nobody approves what they asked for or trained themselves.'
          ),
          kind: 'flag'
        }
      ]
    }
  ];
}
