"""The peers of the readout benchmarks. One JSON request a line on stdin, one JSON answer a line on stdout.

With ASICR_RESERVOIRPY (a folder that holds the package) the peer is reservoirpy; otherwise numpy and scipy compute the same thing in
the same way: normal equations with the penalty on centred features and an LDL' solve, a dense inverse correlation matrix for recursive
least squares, compressed sparse rows for the network.
"""
import json
import os
import sys
import time

import numpy as np
from scipy import linalg, sparse

FOLDER = os.environ.get("ASICR_RESERVOIRPY")
if FOLDER:
    sys.path.insert(0, FOLDER)
    import reservoirpy
    from reservoirpy.nodes import RLS, Reservoir, Ridge

    try:
        reservoirpy.verbosity(0)
    except (AttributeError, TypeError):
        pass
NAME = f"reservoirpy {reservoirpy.__version__}" if FOLDER else f"numpy {np.__version__}"

STATE = {}
# Steps of a network that are timed at once.
CHUNK = 50


def rows_of(count, features, seed):
    """Rows that both sides can make: value i is frac(i * golden ratio + seed / 7) - 1/2, mixed so that columns are independent."""
    index = np.arange(count * features, dtype=np.float64)
    first = np.modf(index * 0.6180339887498949 + seed / 7)[0]
    return (np.modf(first * 9973.0 + index * 0.7548776662466927)[0] - 0.5).reshape(count, features)


def timed(work, repeats=1, clock=time.perf_counter):
    start = clock()
    for _ in range(repeats):
        result = work()
    return (clock() - start) / repeats, result


def typical(samples):
    """The middle of many short samples: what other programs interrupted does not count."""
    return float(np.median(samples))


def ridge_normal_equations(blocks, penalty):
    """numpy, as reservoirpy does it: X'X by BLAS, sums, outer products, symmetric indefinite solve."""
    features = blocks[0][0].shape[1]
    gram, right = np.zeros((features, features)), np.zeros((features, 1))
    x_sum, y_sum, count = 0.0, 0.0, 0
    for x, y in blocks:
        gram += x.T @ x
        right += x.T @ y
        x_sum, y_sum, count = x_sum + x.sum(axis=0), y_sum + y.sum(axis=0), count + x.shape[0]
    x_mean, y_mean = x_sum / count, y_sum / count
    gram -= count * np.outer(x_mean, x_mean)
    right -= count * np.outer(x_mean, y_mean)
    return linalg.solve(gram + penalty * np.eye(features), right, assume_a="sym")


def ridge_node(blocks, penalty):
    """reservoirpy's fit; of several blocks by its own parts one after the other, for its process pool would only copy them about."""
    node = Ridge(ridge=penalty)
    if len(blocks) == 1:
        return node.fit(*blocks[0])
    node.initialize(*blocks[0])
    node.master(node.worker(x, y) for x, y in blocks)
    return node


def ridge_blas(blocks, penalty):
    """The fewest operations BLAS needs: dsyrk on one triangle, Cholesky."""
    features = blocks[0][0].shape[1]
    gram, right = np.zeros((features, features), order="F"), np.zeros((features, 1))
    x_sum, y_sum, count = 0.0, 0.0, 0
    for x, y in blocks:
        gram = linalg.blas.dsyrk(1.0, x.T, beta=1.0, c=gram, lower=1, overwrite_c=1)
        right += x.T @ y
        x_sum, y_sum, count = x_sum + x.sum(axis=0), y_sum + y.sum(axis=0), count + x.shape[0]
    gram = linalg.blas.dsyr(-count, x_sum / count, lower=1, a=gram, overwrite_a=1)
    right -= count * np.outer(x_sum / count, y_sum / count)
    gram[np.diag_indices(features)] += penalty
    return linalg.cho_solve(linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False), right, check_finite=False)


def prepare_ridge(features, rows, blocks, penalty, distinct):
    """The same rows `blocks` times, or as many different ones in a single array."""

    def block(b):
        x = rows_of(rows, features, 1 + 0.37 * b)
        return x, x[:, :1] + 0.5 * x[:, -1:] + 0.1 * rows_of(rows, 1, 2 + 0.37 * b)

    if not distinct:
        STATE["ridge"] = ([block(0)] * blocks, penalty)
        return
    STATE.pop("ridge", None)
    x, y = np.empty((rows * blocks, features)), np.empty((rows * blocks, 1))
    for b in range(blocks):
        x[b * rows : (b + 1) * rows], y[b * rows : (b + 1) * rows] = block(b)
    STATE["ridge"] = ([(x, y)], penalty)


def clock_of(processor_time):
    return time.process_time if processor_time else time.perf_counter


def ridge(processor_time, penalty=None):
    blocks, prepared = STATE["ridge"]
    penalty = prepared if penalty is None else penalty
    if FOLDER:
        took, node = timed(lambda: ridge_node(blocks, penalty), clock=clock_of(processor_time))
        return took, np.asarray(node.Wout)[:8, 0].tolist()
    took, weights = timed(lambda: ridge_normal_equations(blocks, penalty), clock=clock_of(processor_time))
    return took, weights[:8, 0].tolist()


def blas(processor_time):
    took, weights = timed(lambda: ridge_blas(*STATE["ridge"]), clock=clock_of(processor_time))
    return took, weights[:8, 0].tolist()


def infer(features, targets, repeats):
    weights, bias = rows_of(features, targets, 3), rows_of(1, targets, 4)[0]
    x = rows_of(1, features, 5)[0]
    if FOLDER:
        node = Ridge(Wout=weights, bias=bias, input_dim=features, output_dim=targets)
        node.initialize(x)
        step = lambda: node.step(x)
    else:
        step = lambda: x @ weights + bias
    result = step()
    return typical([timed(step, 100)[0] for _ in range(repeats // 100)]), np.ravel(result)[:8].tolist()


def harvest(nodes, steps, processor_time):
    clock = clock_of(processor_time)
    u = rows_of(steps, 1, 6)
    connections = sparse.random(nodes, nodes, density=0.1, format="csr", random_state=1, data_rvs=lambda n: rows_of(n, 1, 7)[:, 0])
    connections.data *= 0.2
    if FOLDER:
        node = Reservoir(units=nodes, W=connections, Win=rows_of(nodes, 1, 8), bias=rows_of(nodes, 1, 9)[:, 0])
        node.run(u[:2])
        return typical([timed(lambda: node.run(u[i : i + CHUNK]), clock=clock)[0] / CHUNK for i in range(0, steps, CHUNK)]), []
    inputs, bias, states = rows_of(nodes, 1, 8)[:, 0], rows_of(nodes, 1, 9)[:, 0], np.zeros((steps + 1, nodes))

    def run(start):
        x = states[start]
        for t in range(start, start + CHUNK):
            x = np.tanh(connections @ x + inputs * u[t, 0] + bias)
            states[t + 1] = x

    return typical([timed(lambda: run(i), clock=clock)[0] / CHUNK for i in range(0, steps, CHUNK)]), []


# For features as they are, whose variance is far below one. Below 1e-12 its solve is singular for some of the networks.
PENALTIES = [1e-12, 1e-11, 1e-10, 1e-8]


def narma(nodes, washout, train, trials, tuned, scored):
    """reservoirpy only: the best of the trials (radius, input scaling, bias) and penalties on the tuned series, then each scored one's error."""
    from reservoirpy import mat_gen

    def states_of(trial, series):
        radius, scaling, bias = trial
        random = np.random.default_rng(series["seed"])
        weights = mat_gen.uniform(nodes, nodes, connectivity=0.1, sr=radius, seed=series["seed"])
        node = Reservoir(
            units=nodes, W=weights, Win=random.uniform(-scaling, scaling, (nodes, 1)), bias=random.uniform(-bias, bias, nodes)
        )
        return node.run(np.array(series["u"])[:, None])

    def error_of(states, series, penalty):
        y, edge = np.array(series["y"]), washout + train
        node = Ridge(ridge=penalty)
        with np.errstate(all="ignore"):
            node.fit(states[washout:edge], y[washout:edge, None])
        target = y[edge : edge + train]
        return float(np.sqrt(np.mean((node.run(states[edge : edge + train])[:, 0] - target) ** 2)) / np.std(target))

    began = time.perf_counter()
    best = (np.inf, None, None)
    for trial in trials:
        runs = [(states_of(trial, series), series) for series in tuned]
        for penalty in PENALTIES:
            error = float(np.mean([error_of(states, series, penalty) for states, series in runs]))
            best = min(best, (error, trial, penalty), key=lambda found: found[0])
    _, trial, penalty = best
    values = [error_of(states_of(trial, series), series, penalty) for series in scored]
    return time.perf_counter() - began, values


def prepare_rls(features, delta, forgetting):
    """One recursive least squares, kept between requests so that its cost is that of updates."""
    if FOLDER:
        node = RLS(alpha=delta, forgetting=forgetting, fit_bias=False)
        node.initialize(rows_of(1, features, 10), rows_of(1, 1, 11))
        STATE["rls"] = node
    else:
        STATE["rls"] = [np.eye(features) / delta, np.zeros(features), forgetting]


def rls(features, rows):
    x = rows_of(rows, features, 10)
    y = x[:, :1] + 0.1 * rows_of(rows, 1, 11)
    samples = []
    if FOLDER:
        node = STATE["rls"]
        for i in range(rows):
            samples.append(timed(lambda: node.partial_fit(x[i : i + 1], y[i : i + 1]))[0])
        return typical(samples), np.ravel(node.Wout)[:8].tolist()
    held = STATE["rls"]

    def learn(row, target):
        inverse, weights, forgetting = held
        gain = inverse @ row
        gain /= forgetting + row @ gain
        weights += gain * (target - row @ weights)
        inverse -= np.outer(gain, row @ inverse)
        if forgetting != 1:
            inverse /= forgetting

    for i in range(rows):
        samples.append(timed(lambda: learn(x[i], y[i, 0]))[0])
    return typical(samples), held[1][:8].tolist()


VERBS = {work.__name__: work for work in (prepare_ridge, ridge, blas, infer, harvest, narma, prepare_rls, rls)}

print(json.dumps({"peer": NAME}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    answer = VERBS[request.pop("verb")](**request)
    print(json.dumps({"seconds": answer[0], "values": answer[1]} if answer else {"seconds": 0, "values": []}), flush=True)
