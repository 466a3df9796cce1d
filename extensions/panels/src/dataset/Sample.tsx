import { exact } from '../format.js';
import { Grid } from '../sample/Grid.js';
import { Empty } from '../ui/States.js';
import { Loaded } from '../ui/Loaded.js';
import { useResource } from '../ui/useResource.js';
import { type TabProps } from './DatasetPage.js';

/** The first rows. */
export function Sample({ host, dataset, version, limit }: TabProps & { limit: number }) {
  const { name } = dataset;
  const sample = useResource(`${version} ${limit}`, signal => host.call('datasets.sample', { name, limit }, signal));
  return (
    <Loaded of={sample} label={`Reading rows of ${name}`} failed={`The rows of ${name} could not be read.`} rows={12}>
      {rows =>
        rows.rows.length > 0 ? (
          <>
            <Grid data={rows} label={`Rows of ${name}`} />
            {dataset.rows !== null && rows.rows.length < dataset.rows && (
              <p className="wb-foot">
                The first {exact(rows.rows.length)} of {exact(dataset.rows)} rows
              </p>
            )}
          </>
        ) : (
          <Empty>{name} has no rows yet.</Empty>
        )
      }
    </Loaded>
  );
}
