// Methods: how each is made and tuned, as the report tells it.

export function methodsSection(): string[] {
  return [
    "",
    "## The methods",
    "",
    ...[
      "**ours**: `stipend train` with its defaults. _As served_: the classifier's hard class and the plan, between its rows as " +
        "serving mixes them. _User by user_: the same network, without groups, classifier and plan.",
      "**the reference**: what our own network is held to, user by user: one network in JAX, eight members over one trunk, stopped on " +
        "rows kept back; without folds, trees and calibration. The same questions, losses and penalties as ours.",
      "**the mark**: LightGBM in two parts (did they order; the basket; redeemed; the cost), the arm or its dose among the " +
        "features; settings tuned on worlds A and a, stopped on rows kept back. It knows as much of how money comes about as ours.",
      "**S, T, X**: causalml's meta-learners over LightGBM, stopped on rows kept back; of two settings (the mark's and usual ones) " +
        "each model has the one that validates better. Fitted to reward and again to cost. The library looks at one arm and the " +
        "control at a time, so ordered arms lend each other nothing.",
      "**causal forest**: EconML's CausalForestDML, 200 trees, for the effects on reward; boosted trees for each arm's cost.",
      "**TARNet, DragonNet**: as published, single networks, a hidden layer for each arm; no maintained library has them for several " +
        "arms and a cost. Width and dropout chosen on seed 1 of worlds a and b, the epoch by rows kept back.",
      "**decision-focused**: the same network, trained on what its policy would earn at five prices besides the squared error; the " +
        "loss's weight chosen likewise.",
    ].map((line) => `- ${line}`),
    "",
    "Who predicts each person decides by the largest reward less price times cost, at 220 prices; a budget's price is the one at which",
    "the method thinks that it spends it.",
  ];
}
