import { type Principal } from '../records.js';
import { attributesText } from './words.js';

/** Who is no administrator: what the workspace knows of her, in a word instead of errors. */
export function Oneself({ me }: { me: Principal }) {
  const attributes = attributesText(me.attributes);
  return (
    <div className="wb-scroll wb-sections">
      <section aria-label="You">
        <h3>What you may see</h3>
        <p>
          A policy says which datasets are there for you, which columns you see through a mask, and which rows. All that you ask, in SQL or here, shows
          you just that. Administrators look after the policy; ask one of them where something is missing.
        </p>
      </section>
      <section aria-label="What the workspace knows of you">
        <h3>What the workspace knows of you</h3>
        <dl className="wb-overview-facts">
          <dt>Name</dt>
          <dd>{me.display_name ? `${me.display_name} (${me.name})` : me.name}</dd>
          <dt>Roles</dt>
          <dd>{me.roles.join(', ') || 'none: nothing is granted to you but by name'}</dd>
          <dt>Attributes</dt>
          <dd className="wb-lines">{attributes || 'none'}</dd>
        </dl>
      </section>
    </div>
  );
}
