import { PostgreSQL, SQLDialect } from '@codemirror/lang-sql';

/** DuckDB's words of statements. PostgreSQL's list holds hundreds that nobody writes but as a name (`name`, `first`, `empty`). */
const WORDS =
  'select from where group by having order limit offset join left right full inner outer cross asof positional semi anti natural lateral on using as ' +
  'with recursive materialized union all intersect except distinct and or not in is between like ilike similar glob exists case when then else end ' +
  'cast try_cast over partition rows range groups unbounded preceding following current qualify window filter within asc desc nulls exclude replace ' +
  'pivot unpivot values explain analyze describe summarize show tables for version timestamp of tablesample sample repeatable ordinality unnest ' +
  'interval collate escape any some create table view insert into update set delete merge matched drop alter add column rename to if default returning';

export const DuckDB = SQLDialect.define({ ...PostgreSQL.spec, keywords: WORDS });
