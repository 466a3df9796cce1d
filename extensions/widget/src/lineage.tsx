import { LineagePanel } from '@workbench/panels/lineage';
import { mount } from './mount.js';

export default mount((host, options) => <LineagePanel host={host} {...options} />);
