/** Scope cards and hold-outs, as the server tells them. */
import type { Cell } from './types';
import type { IGateReport } from './types.registry';

export type { IGateReport };

/** A card as plain values: the form changes what it knows and keeps the rest. */
export type ScopeCard = { [key: string]: unknown };

export interface IScopeSignature {
  role: string;
  principal: string;
  decision: 'approve' | 'reject';
  comment?: string;
  at: number;
}

export interface IScopeCard {
  name: string;
  version: number;
  state: 'DRAFT' | 'AGREED' | 'RETIRED';
  card: ScopeCard;
  sha256?: string;
  created_by: string;
  created_at: number;
  signatures?: IScopeSignature[];
  notes?: string[];
}

export interface IScopeTemplate {
  problem: string;
  yaml: string;
  card: ScopeCard;
}

export interface IHoldout {
  id: string;
  table_name: string;
  rule: { [key: string]: unknown };
  scope_name?: string;
  looks_allowed: number;
  looks_used: number;
  may_look?: string[];
  state: 'ACTIVE' | 'SPENT' | 'RETIRED';
  excluded?: number;
  total?: number;
  note?: string;
  created_by: string;
  created_at: number;
}

export interface ILook {
  number: number;
  purpose: string;
  reason?: string;
  actor: string;
  actor_kind?: string;
  model_digest?: string;
  run_id?: string;
  metrics?: { [name: string]: Cell };
  at: number;
}
