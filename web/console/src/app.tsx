import { Failure, session } from '@muster/ui';
import { useEffect, useState } from 'preact/hooks';
import { LocationProvider } from 'preact-iso/router';
import { Frame } from './frame/frame.tsx';
import { SignIn } from './sign-in/sign-in.tsx';

/** The console: signed in or not. */
export function App({ restored }: { restored: Promise<void> }) {
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    restored.catch(setError);
  }, [restored]);
  if (error) {
    return (
      <main class="alone">
        <Failure error={error} onRetry={() => location.reload()} />
      </main>
    );
  }
  if (session.value === undefined) return null;
  if (session.value === null) return <SignIn />;
  return (
    <LocationProvider scope="/console">
      <Frame />
    </LocationProvider>
  );
}
