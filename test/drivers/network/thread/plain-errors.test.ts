import assert from 'node:assert/strict';
import { DriverError } from '../../../../src/domain/errors/driver-error.js';
import { throwFailures } from '../../../../src/drivers/network/node-failures.js';
import { plainErrors } from '../../../../src/drivers/network/thread/plain-errors.js';

const cross = (error: unknown): Error => plainErrors.fromPlain(structuredClone(plainErrors.toPlain(error)));

describe('errors of a network driver that cross to another thread', () => {
  it('keep class, node, text, stack and cause', () => {
    const cause = Object.assign(new TypeError('the cause'), { code: 'EPIPE' });
    const error = new DriverError('conflict', 'n1', 'is taken', { cause });
    const crossed = cross(error) as DriverError;
    assert.ok(crossed instanceof DriverError);
    assert.deepEqual(
      [crossed.name, crossed.errorClass, crossed.node, crossed.message, crossed.stack],
      ['DriverError', 'conflict', 'n1', 'n1: is taken', error.stack],
    );
    const { name, message, code } = crossed.cause as Error & { code: string };
    assert.deepEqual([name, message, code], ['TypeError', 'the cause', 'EPIPE']);
  });

  it('of several nodes keep the failure of each', () => {
    const failures = [new DriverError('transient', 'n1', 'is away'), new DriverError('permanent', 'n2', 'refuses')];
    let thrown: unknown;
    try {
      throwFailures(failures);
    } catch (error) {
      thrown = error;
    }
    const crossed = cross(thrown) as DriverError;
    assert.equal(crossed.errorClass, 'permanent');
    assert.ok(crossed.cause instanceof AggregateError);
    const each = crossed.cause.errors as DriverError[];
    assert.ok(each.every((failure) => failure instanceof DriverError));
    assert.deepEqual(
      each.map(({ node, errorClass }) => [node, errorClass]),
      [
        ['n1', 'transient'],
        ['n2', 'permanent'],
      ],
    );
  });

  it('end where they go round in a circle, and may be anything', () => {
    const circle = new Error('round');
    circle.cause = circle;
    assert.equal(cross(circle).message, 'round');
    assert.equal(cross('a text').message, 'a text');
  });
});
