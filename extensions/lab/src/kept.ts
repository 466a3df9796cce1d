import { PageConfig } from '@jupyterlab/coreutils';

/** JupyterLab keeps its state by user, of all her folders alike; what is kept of a workspace is kept by its name. */
const workspace = (): string => PageConfig.getOption('workbenchWorkspace') || PageConfig.getOption('serverRoot').replaceAll(':', '');

/** The part of the state that is of this workspace. `of`: what there is more than one of. */
export const ofWorkspace = (of?: string): string => ['workbench', of, workspace()].filter(Boolean).join('-');
