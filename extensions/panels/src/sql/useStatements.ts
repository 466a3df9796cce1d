import { useCallback, useEffect, useRef, useState } from 'react';
import { type Asked, type Host, WorkbenchError } from '../host.js';
import { type TableData } from '../records.js';
import { parametersOf, parameterValue, splitStatements, type Statement } from './statements.js';

/** A statement that was asked for, and what became of it. */
export interface Outcome extends Statement {
  key: number;
  status: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  limit: number;
  /** Somebody has said that it may read as much as it does. */
  confirmed?: boolean;
  /** The values that it ran with. */
  params?: Record<string, unknown>;
  /** Milliseconds since 1970 when it began, and seconds that it took. */
  began: number;
  seconds: number;
  data?: TableData;
  error?: WorkbenchError;
}

/** Rows that are shown unless more are asked for. */
export const FIRST_ROWS = 1000;

/** A name for a statement that nobody else has. `randomUUID` is not there on a page without HTTPS. */
export const newTicket = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

/** The values of the parameters that a statement names, out of what the person has written. */
export function paramsOf(sql: string, values: Record<string, string>): Record<string, unknown> | undefined {
  const names = parametersOf(sql).filter(name => values[name] !== undefined && values[name] !== '');
  return names.length ? Object.fromEntries(names.map(name => [name, parameterValue(values[name]!)])) : undefined;
}

/** The first parameter of statements for which nothing is written. */
export const missingOf = (statements: readonly { sql: string }[], values: Record<string, string>): string | undefined =>
  statements.flatMap(each => parametersOf(each.sql)).find(name => !values[name]);

/** The statement of a text that holds one only and lacks no value, with those that it would run with. */
export function onlyOne(text: string, values: Record<string, string>): Asked | null {
  const [one, ...more] = splitStatements(text);
  return one && more.length === 0 && missingOf([one], values) === undefined ? { sql: one.sql, params: paramsOf(one.sql, values) } : null;
}

/** Whether a statement of a text is still written there, with the values that it was asked with. `part`: it was selected within another one. */
export const stillWritten = (text: string, values: Record<string, string>, { sql, params }: Asked, part = false): boolean =>
  (part ? text.includes(sql) : splitStatements(text).some(each => each.sql === sql)) && JSON.stringify(paramsOf(sql, values)) === JSON.stringify(params);

/** A statement that is to be run, whatever became of it before. */
export const asked = ({ from, to, line, sql }: Statement, key: number): Outcome => ({ from, to, line, sql, key, status: 'waiting', limit: FIRST_ROWS, began: 0, seconds: 0 });

/** What came after a statement in one run and was not begun, since it was asked whether to go on with that one. */
export const afterAnswer = (outcomes: readonly Outcome[], key: number): Outcome[] => outcomes.filter(each => each.key > key && each.status === 'stopped' && each.began === 0);

/** Runs statements one after another, up to the first that fails. A new call takes the place of what was there. */
export function useStatements(host: Host, onEnd: (outcome: Outcome) => void) {
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);
  const [problem, setProblem] = useState<WorkbenchError>();
  const state = useRef({ round: 0, keys: 0, ticket: '', live: true });
  const told = useRef(onEnd);
  told.current = onEnd;
  const latest = useRef(outcomes);
  latest.current = outcomes;

  const stop = useCallback(() => {
    const { ticket } = state.current;
    state.current.round += 1;
    setOutcomes(all => all.map(each => (each.status === 'waiting' ? { ...each, status: 'stopped' } : each)));
    if (ticket) {
      host.call('query.stop', { ticket }).catch((error: unknown) => setProblem(WorkbenchError.from(error)));
    }
  }, [host]);

  useEffect(() => {
    const current = state.current;
    current.live = true;
    return () => {
      // Nobody would see the rest.
      current.live = false;
      if (current.ticket) {
        void host.call('query.stop', { ticket: current.ticket }).catch(() => undefined);
      }
    };
  }, [host]);

  const carryOut = useCallback(
    async (wanted: Outcome, values: Record<string, string>): Promise<Outcome> => {
      const began = Date.now();
      const clock = performance.now();
      const change = (part: Partial<Outcome>): Outcome => {
        const next = { ...wanted, began, seconds: (performance.now() - clock) / 1000, ...part };
        if (state.current.live) {
          setOutcomes(all => all.map(each => (each.key === wanted.key ? next : each)));
        }
        return next;
      };
      const ticket = newTicket();
      state.current.ticket = ticket;
      // More of the same rows is asked with the same values, whatever stands in the fields by now.
      const params = wanted.status === 'done' ? wanted.params : paramsOf(wanted.sql, values);
      change({ status: 'running', params });
      try {
        const data = await host.call('query.run', { sql: wanted.sql, limit: wanted.limit, ticket, params, confirm: wanted.confirmed });
        return change({ status: 'done', params, data });
      } catch (caught) {
        const error = WorkbenchError.from(caught);
        return change({ status: error.code === 'cancelled' ? 'stopped' : 'failed', error, data: undefined });
      } finally {
        if (state.current.ticket === ticket) {
          state.current.ticket = '';
        }
      }
    },
    [host]
  );

  const inTurn = useCallback(
    async (next: readonly Outcome[], values: Record<string, string>, round: number): Promise<void> => {
      for (const each of next) {
        if (state.current.round !== round) {
          return;
        }
        const ended = await carryOut(each, values);
        if (state.current.live) {
          told.current(ended);
        }
        if (ended.status !== 'done') {
          setOutcomes(all => all.map(one => (one.status === 'waiting' ? { ...one, status: 'stopped' } : one)));
          return;
        }
      }
    },
    [carryOut]
  );

  const run = useCallback(
    async (statements: Statement[], values: Record<string, string>): Promise<void> => {
      const round = ++state.current.round;
      const next = statements.map(each => asked(each, ++state.current.keys));
      setProblem(undefined);
      setOutcomes(next);
      await inTurn(next, values, round);
    },
    [inTurn]
  );

  /**
   * The same statement again with another limit, in its place; with `confirm` also where it was asked whether to go on: then those that
   * waited for the answer go on, too.
   */
  const again = useCallback(
    async (outcome: Outcome, limit: number, values: Record<string, string>, confirm?: boolean): Promise<void> => {
      const round = ++state.current.round;
      const ended = await carryOut({ ...outcome, limit, error: undefined, confirmed: confirm ?? outcome.confirmed }, values);
      told.current(ended);
      if (confirm && ended.status === 'done' && state.current.round === round) {
        const rest = afterAnswer(latest.current, outcome.key);
        const keys = new Set(rest.map(each => each.key));
        setOutcomes(all => all.map(each => (keys.has(each.key) ? { ...each, status: 'waiting' } : each)));
        await inTurn(rest, values, round);
      }
    },
    [carryOut, inTurn]
  );

  const running = outcomes.some(each => each.status === 'running' || each.status === 'waiting');
  return { outcomes, running, problem, run, again, stop };
}
