import { type Host } from '../host.js';
import { type Principal } from '../records.js';
import { Loaded } from '../ui/Loaded.js';
import { Notice, useNotice } from '../ui/Notice.js';
import { useResource } from '../ui/useResource.js';
import { Tokens } from './Tokens.js';
import { attributesText } from './words.js';

/** Who is no administrator: what the workspace knows of her and her own tokens, in the place of errors. */
export function Oneself({ host, me }: { host: Host; me: Principal }) {
  const attributes = attributesText(me.attributes);
  const tokens = useResource('mine', signal => host.call('users.my_tokens', {}, signal));
  const [notice, say] = useNotice();
  return (
    <div className="wb-scroll wb-sections">
      <section aria-label="What you may see">
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
      <Loaded of={tokens} label="Reading your tokens" failed="Your tokens could not be read." rows={2}>
        {found => (
          <Tokens
            host={host}
            owner={me.name}
            tokens={found}
            issue={facts => host.call('users.new_token', facts)}
            onChanged={words => {
              say(words);
              tokens.reload();
            }}
          />
        )}
      </Loaded>
      <Notice text={notice} />
    </div>
  );
}
