import { useEffect, useState } from 'react';

const PEOPLE = ['alice', 'bob', 'carol'];

export interface Identity {
  /** Null asks as nobody: only the schema can be read. */
  readonly token: string | null;
  /** Whether a running subscription makes its user online. */
  readonly present: boolean;
}

/** Who asks. Tokens come from the route that a server in development has for this. */
export function IdentityBar({ onChange }: { readonly onChange: (identity: Identity) => void }) {
  const [person, setPerson] = useState('alice');
  /** Whose the token is: for a moment that is who was chosen before. */
  const [signedIn, setSignedIn] = useState<{ readonly person: string; readonly token: string } | null>(null);
  const [present, setPresent] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    let over = false;
    const tell = (found: string | null, why: string | null) => {
      if (over) return;
      onChange({ token: found, present });
      setSignedIn(found === null ? null : { person, token: found });
      setProblem(why);
      setCopied(false);
    };
    if (person === '') tell(null, null);
    else
      tokenFor(person).then(
        (found) => tell(found, null),
        (error: unknown) => tell(null, error instanceof Error ? error.message : String(error)),
      );
    return () => {
      over = true;
    };
  }, [person, present, onChange]);

  const copy = () => {
    if (signedIn) void navigator.clipboard.writeText(signedIn.token).then(() => setCopied(true));
  };

  return (
    <form className="identity" aria-label="Identity" onSubmit={(event) => event.preventDefault()}>
      <label>
        Ask as
        <input
          list="people"
          value={person}
          onChange={(event) => setPerson(event.target.value.trim())}
          placeholder="nobody"
          spellCheck={false}
          autoComplete="off"
        />
        <datalist id="people">
          {PEOPLE.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      {PEOPLE.map((one) => (
        <button key={one} type="button" aria-pressed={one === person} onClick={() => setPerson(one)}>
          {one}
        </button>
      ))}
      <label className="check">
        <input type="checkbox" checked={present} onChange={(event) => setPresent(event.target.checked)} />
        Online while subscribed
      </label>
      <button type="button" onClick={copy} disabled={signedIn === null}>
        {copied ? 'Copied' : 'Copy token'}
      </button>
      <span role="status" className={problem === null ? '' : 'bad'}>
        {problem ?? (signedIn ? `Signed in as ${signedIn.person}` : 'Without a token only the schema can be read')}
      </span>
      <a href="/demo">Demo</a>
    </form>
  );
}

async function tokenFor(userId: string): Promise<string> {
  const response = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  const answer = (await response.json()) as { token?: string; error?: { message?: string } };
  if (answer.token === undefined) throw new Error(answer.error?.message ?? `HTTP ${response.status}`);
  return answer.token;
}
