/** Who may see what: `workbench/governance/records.py` and its neighbours. */

import { type Id64 } from '../records.js';

export type AttributeValue = string | number | boolean | (string | number)[];

export interface Principal {
  name: string;
  kind: 'user' | 'service';
  display_name: string;
  roles: string[];
  attributes: Record<string, AttributeValue>;
  /** Datasets beyond which there is nothing to who came with a token for those. */
  only?: string[];
}

/** What is said of a person. */
export interface UserFacts {
  roles: string[];
  attributes: Record<string, AttributeValue>;
  display_name: string;
  kind: 'user' | 'service';
}

export interface User extends UserFacts {
  name: string;
  has_password: boolean;
  created_at: string;
  disabled_at: string | null;
}

export interface Token {
  id: string;
  name: string;
  principal: Principal;
  scope: 'read' | 'write' | 'run';
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** `session`: what signing in gave. */
  kind: 'token' | 'session';
  /** What it is for, within what its owner may; empty: all. */
  limits: { verbs: string[]; datasets: string[] };
  /** When it was shown last, to some minutes. */
  used_at: string | null;
}

/** What a token is to be. */
export interface TokenFacts {
  scope?: 'read' | 'write';
  /** Null: it does not expire. */
  days?: number | null;
  label?: string;
  verbs?: string[];
  datasets?: string[];
}

/** A new token: `secret` is seen here and never again. */
export interface IssuedToken {
  secret: string;
  token: Token;
}

/** Version 0 holds where nobody has written a policy: the built-in grants. */
/** Something in a policy that meets nothing there is; `fix` says what was perhaps meant. */
export interface PolicyWarning {
  place: string;
  message: string;
  line: number | null;
  fix: string | null;
}

export interface PolicyVersion {
  version: number;
  at: string | null;
  by: string;
  note: string;
  text: string;
  /** Of the moment when it was checked or applied. */
  warnings?: PolicyWarning[];
}

export interface RoleSummary {
  name: string;
  inherits: string[];
  description: string;
  built_in: boolean;
}

export type MaskKind = 'null' | 'constant' | 'hash' | 'partial' | 'round' | 'expression';

export interface Mask {
  kind: MaskKind;
  value: unknown;
  first: number;
  last: number;
  step: number | null;
  unit: string | null;
  expression: string | null;
}

export interface ColumnAccess {
  name: string;
  state: 'seen' | 'masked' | 'hidden';
  mask: Mask | null;
  rules: string[];
  /** What the column was made of, where the first rule is about it for no other reason. */
  source?: string | null;
}

/** `source`: the dataset whose filter it is, where its rows were made of that one's; `lost`: what it asks for did not come over, so no row is seen. */
export interface RowFilter {
  rule: string;
  where: string;
  source?: string | null;
  lost?: boolean;
}

/** A dataset of whose rows another's were made: which of its columns came over as they were, and which filters hold of it there. */
export interface RowSource {
  source: string;
  columns: Record<string, string>;
  filters: RowFilter[];
  released_by: string | null;
  reason: string | null;
}

export interface AccessReport {
  dataset: string;
  who: string;
  version: number;
  allowed: boolean;
  columns: ColumnAccess[];
  filters: RowFilter[];
  reasons: string[];
}

/** As whom something is tried: a user, anybody with a role, or oneself; by a text that is not in force, where one is given. */
export interface Whom {
  user?: string;
  role?: string;
  draft?: string;
}

export type FindingState = 'proposed' | 'confirmed' | 'rejected';

/** A tag that is proposed for a column, or what a person said of it: `workbench/quality/personal/records.py`. */
export interface Finding {
  id: string;
  dataset: string;
  column: string;
  type: string;
  tag: string;
  confidence: number;
  /** Of so many distinct values that were looked at so many voted for it. */
  matched: number;
  checked: number;
  why: string;
  state: FindingState;
  found_at: string;
  run_id: string;
  decided_at: string | null;
  decided_by: string | null;
  note: string | null;
}

export interface Scan {
  run_id: string;
  datasets: number;
  columns: number;
  proposed: Finding[];
  unscanned: { dataset: string; reason: string }[];
}

/** A confirmed finding with the mask rules about its tag; without any, `proposed` is one as YAML. */
export interface Remediation {
  finding: Finding;
  rules: string[];
  proposed: string | null;
}

/** A tag that a column has because of what it was made of: `source_column` of `source`, or where that is empty, any of its columns. */
export interface InheritedTag {
  column: string;
  /** Empty where it is the mask of a `rule` that names the source. */
  tag: string;
  source: string;
  source_column: string;
  rule: string | null;
}

/** A decision in the audit log: `workbench/governance/audit/records.py`. Values are in none. */
export interface AuditEntry {
  seq: number;
  at: string;
  /** The version of the policy that held. */
  policy: number;
  who: string;
  verb: string;
  outcome: 'allowed' | 'refused' | 'failed' | 'asked';
  code: string | null;
  token_id: string | null;
  run_id: string | null;
  about: string | null;
  digest: string | null;
  datasets: { id: string; name: string; branch: string; snapshot_id: Id64 | null; rules: string[] }[];
  /** Columns that a statement wrote, of masks and not of the values. */
  masked?: string[];
}

/** Whether the log is as it was written; `head` is the last entry with its digest, to be kept elsewhere. */
export interface AuditCheck {
  ok: boolean;
  entries: number;
  first: number | null;
  last: number | null;
  head: string | null;
  bad: number | null;
  problem: string | null;
  /** Those up to this one were made with a key that is lost, and prove nothing. */
  unproven?: number | null;
}
