/** Who may see what: `workbench/governance/records.py` and its neighbours. */

export type AttributeValue = string | number | boolean | (string | number)[];

export interface Principal {
  name: string;
  kind: 'user' | 'service';
  display_name: string;
  roles: string[];
  attributes: Record<string, AttributeValue>;
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
export interface PolicyVersion {
  version: number;
  at: string | null;
  by: string;
  note: string;
  text: string;
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
}

export interface RowFilter {
  rule: string;
  where: string;
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
