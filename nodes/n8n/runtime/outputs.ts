/** By which output of the node an item leaves. Knows no operation. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { reading } from './parameters';

/** No `outputs`: a single one; `*name`: one for each row of that parameter, by its key. `failed`: where items leave that failed or fit nowhere. */
export type Outputs = { outputs: string[]; failed?: string };

/** How many outputs there are, and which one a key means for an item: the keys of rows may be expressions, n8n draws the first item's. */
export function outputsOf(context: IExecuteFunctions, { outputs, failed }: Outputs) {
	const read = reading(context);
	const rows = (name: string, index: number) => ((read(index)(name) as { rows?: IDataObject[] } | null)?.rows ?? []).map(({ key }) => String(key));
	const places = outputs.flatMap((output) => (output.startsWith('*') ? rows(output.slice(1), 0).map((_, row) => `${output}:${row}`) : [output]));
	const meant = (output: string, index: number, key: string) => (output.startsWith('*') ? `${output}:${rows(output.slice(1), index).indexOf(key)}` : output === key && key);
	const rest = places.indexOf(failed ?? '');
	const placeOf = (index: number, key: string) => outputs.map((output) => places.indexOf(meant(output, index, key) || '')).find((place) => place >= 0) ?? rest;
	return { count: Math.max(1, places.length), at: (index: number, key?: string | null) => Math.max(0, key ? placeOf(index, key) : rest) };
}
