/** What a run was given. */
export const Params = ({ params }: { params: readonly (readonly [string, unknown])[] }) => (
  <>
    {params.map(([key, value]) => (
      <code key={key} className="wb-param">
        {key}={String(value)}
      </code>
    ))}
  </>
);
