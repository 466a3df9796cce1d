import { type ISettingRegistry } from '@jupyterlab/settingregistry';

/** How many rows of a dataset are shown in the main area; the panel's own number where there are no settings. */
export async function sampleRows(registry: ISettingRegistry | null): Promise<number | undefined> {
  return registry ? ((await registry.get('workbench:catalog', 'tableRows')).composite as number) : undefined;
}
