import { CatalogPanel } from '@workbench/panels/catalog';
import { mount } from './mount.js';

export default mount((host, options) => <CatalogPanel host={host} {...options} />);
