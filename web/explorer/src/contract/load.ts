import { CallError } from '@muster/ui';
import { type OpenApiDocument, type Product, readProduct } from './operation.ts';
import type { Realtime } from './realtime.ts';

/** Everything that the explorer shows. */
export interface Contract {
  products: Product[];
  realtime: Realtime;
}

const PRODUCTS = ['live', 'cams', 'sts'];

/** Reads the server's documents. */
export async function loadContract(signal: AbortSignal): Promise<Contract> {
  const document = async <T>(name: string): Promise<T> => {
    const answer = await fetch(`/openapi/${name}.json`, { signal });
    if (!answer.ok) throw new CallError(answer.status, `Http${answer.status}`, `/openapi/${name}.json`);
    return (await answer.json()) as T;
  };
  const [realtime, ...documents] = await Promise.all([
    document<Realtime>('realtime'),
    ...PRODUCTS.map((code) => document<OpenApiDocument>(code)),
  ]);
  return { realtime, products: documents.map((told, at) => readProduct(PRODUCTS[at] ?? '', told)) };
}
