import {
  ApiClient,
  ApiError,
  dependsOn,
  errorFromBody,
  path,
  queryText
} from '..';
import type { IRequest, ITransport } from '..';

class Recorder implements ITransport {
  readonly calls: [string, IRequest | undefined][] = [];

  async request<T>(address: string, init?: IRequest): Promise<T> {
    this.calls.push([address, init]);
    return {} as T;
  }
}

describe('client', () => {
  it('encodes names in addresses', async () => {
    const transport = new Recorder();
    await new ApiClient(transport).catalog.table('a/b.c d.100%');
    expect(transport.calls[0][0]).toBe('api/1.0/tables/a%2Fb.c%20d.100%25');
    expect(path`x/${1}/y`).toBe('x/1/y');
  });

  it('never sends undefined as a word', () => {
    expect(
      queryText({ a: undefined, b: null, c: [], d: ['x', 'y'], e: 0, f: 'ü&' })
    ).toBe('?d=x&d=y&e=0&f=%C3%BC%26');
    expect(queryText({})).toBe('');
  });
});

describe('errorFromBody', () => {
  it('reads hint and fields from the details', () => {
    const error = errorFromBody(400, 'Bad Request', {
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'No column tial.',
      details: [
        { '@type': 'ErrorInfo', metadata: { hint: 'Did you mean tail?' } },
        { field_violations: [{ field: 'sort', description: 'unknown' }] }
      ]
    });
    expect(error).toBeInstanceOf(ApiError);
    expect(error.hint).toBe('Did you mean tail?');
    expect(error.fields).toEqual([{ field: 'sort', description: 'unknown' }]);
  });

  it('knows an address that is not ours from an object that is not there', () => {
    expect(errorFromBody(404, 'Not Found', null).isMissingServer).toBe(true);
    const gone = errorFromBody(404, '', {
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'gone'
    });
    expect(gone.isMissingServer).toBe(false);
    expect(gone.isNotFound).toBe(true);
  });

  it('survives any body', () => {
    for (const body of [null, 1, 'x', [], { details: 3, message: 4 }]) {
      expect(errorFromBody(502, 'Bad Gateway', body).message).toBe(
        'Bad Gateway'
      );
    }
  });
});

describe('dependsOn', () => {
  it('matches the subject itself, its parts, and what begins so', () => {
    expect(dependsOn(['table:a.b.c'], 'table:a.b.c')).toBe(true);
    expect(dependsOn(['model_version:m'], 'model_version:m/7')).toBe(true);
    expect(dependsOn(['table:a.b.*'], 'table:a.b.c')).toBe(true);
    expect(dependsOn(['table:a.b.c'], 'table:a.b.cd')).toBe(false);
    expect(dependsOn([], 'table:a.b.c')).toBe(false);
  });
});
