import { Ago, Button, ConfirmButton, CopyId, counted, type Made, useWords } from '@muster/ui';
import { words } from './group.words.ts';
import type { Facts, Room } from './room.ts';

/** What is known of a group, and what is done to the whole of it. */
export function FactsPart({
  id,
  room,
  facts,
  onMade,
  onUnmute,
}: {
  id: string;
  room: Room;
  facts: Facts;
  onMade: (made: Promise<Made>) => void;
  onUnmute: (user: string) => void;
}) {
  const say = useWords(words);
  const figures: [number | undefined, string][] = [
    [facts.online, say.online],
    [facts.joins, say.joins],
    [facts.visitors, say.visitors],
    [facts.likes, say.likes],
  ];
  return (
    <section class="part facts" aria-label={say.facts}>
      <dl class="figures">
        {figures.map(
          ([value, name]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{counted(value)}</dd>
              </div>
            ),
        )}
      </dl>
      {facts.isSuper && (
        <p class="notice">
          <b>{say.superState}.</b> {say.superMeans}
        </p>
      )}
      <dl class="pairs">
        <dt>{say.id}</dt>
        <dd>
          <CopyId value={id} name={say.id} characters={24} />
        </dd>
        {facts.creator && (
          <>
            <dt>{say.creator}</dt>
            <dd class="mono">{facts.creator}</dd>
          </>
        )}
        {facts.admins.length > 0 && (
          <>
            <dt>{say.admins}</dt>
            <dd class="mono">{facts.admins.join(', ')}</dd>
          </>
        )}
        <dt>{say.created}</dt>
        <dd>
          <Ago at={facts.created} />
        </dd>
        {facts.info && (
          <>
            <dt>{say.info}</dt>
            <dd class="about">{facts.info}</dd>
          </>
        )}
      </dl>
      <TypeCounts counts={facts.counts} />
      {!facts.deleted && <Mutes room={room} facts={facts} onMade={onMade} onUnmute={onUnmute} />}
    </section>
  );
}

function TypeCounts({ counts }: { counts: Record<string, number> }) {
  const say = useWords(words);
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  if (rows.length === 0) return null;
  return (
    <div class="stack tight">
      <h3>{say.counts}</h3>
      <table class="table slim">
        <tbody>
          {rows.map(([type, count]) => (
            <tr key={type}>
              <td class="mono">{type}</td>
              <td class="number">{counted(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mutes({
  room,
  facts,
  onMade,
  onUnmute,
}: {
  room: Room;
  facts: Facts;
  onMade: (made: Promise<Made>) => void;
  onUnmute: (user: string) => void;
}) {
  const say = useWords(words);
  return (
    <div class="stack tight">
      <h3>{say.mutes}</h3>
      {facts.mutedAll && <p class="notice">{say.allMuted}</p>}
      {facts.mutedAll && facts.spared.length > 0 && (
        <p class="hint">
          {say.spared}: <span class="mono">{facts.spared.join(', ')}</span>
        </p>
      )}
      {facts.muted.length === 0 && !facts.mutedAll && <p class="hint">{say.nobodyMuted}</p>}
      <ul class="muted">
        {facts.muted.map((user) => (
          <li key={user} class="line">
            <span class="mono cut grow">{user}</span>
            <Button kind="quiet" icon="voice" label={say.unmute(user)} onClick={() => onUnmute(user)} />
          </li>
        ))}
      </ul>
      <div class="line">
        {facts.mutedAll ? (
          <Button icon="voice" onClick={() => onMade(room.muteAll(false))}>
            {say.unmuteEverybody}
          </Button>
        ) : (
          <Button icon="mute" onClick={() => onMade(room.muteAll(true))}>
            {say.muteEverybody}
          </Button>
        )}
        {!room.recover && (
          <ConfirmButton kind="quiet danger" icon="trash" onConfirm={() => onMade(room.remove())}>
            {say.remove}
          </ConfirmButton>
        )}
      </div>
    </div>
  );
}
