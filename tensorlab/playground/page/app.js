// The experiment of this page: asks the server to train, and shows what it answers.

import { LossChart } from "./chart.js";
import { palette, whenColorsChange } from "./colors.js";
import { Controls, fromHash, toHash } from "./controls.js";
import { find } from "./dom.js";
import { Inspector } from "./inspector.js";
import { percent, short } from "./labels.js";
import { Network } from "./network.js";
import { drawLarge, drawable } from "./plot.js";
import { ask, choices as fetchChoices, levelsOf } from "./server.js";

const GONE = 410;

class App {
  constructor(choices) {
    this.choices = choices;
    this.run = null; // the run of the training that is going on
    this.pointed = null; // what is drawn large in place of the output
    this.isChanging = false; // whether changed settings are still to be sent
    this.isListening = false; // whether the user can act
    this.chart = new LossChart(find("chart"));
    this.controls = new Controls(choices, (change) => this.change(change));
    this.network = new Network(choices, {
      feature: (name) => this.toggleFeature(name),
      units: (layer, change) =>
        this.change({ layers: this.settings.layers.map((size, at) => (at === layer ? size + change : size)) }),
      point: (response) => {
        this.pointed = response;
        this.drawPlot();
      },
      edit: (...place) => this.edit(...place),
    });
    this.inspector = new Inspector({
      set: (layer, unit, source, value) => this.setWeight(layer, unit, source, value),
      mark: (...place) => this.network.mark(...place),
    });
  }

  // Lets the user act: there is something to act on.
  listen() {
    this.isListening = true;
    document.querySelectorAll("[inert]").forEach((part) => part.removeAttribute("inert"));
    find("play").addEventListener("click", () => (this.run ? this.pause() : this.play()));
    find("step").addEventListener("click", () => {
      this.pause();
      this.guarded(() => this.train(1));
    });
    find("reset").addEventListener("click", () => {
      this.pause();
      this.guarded(async () => this.begin(await ask("reset", () => ({ id: this.id }))));
    });
    for (const id of ["show-test", "discretize"]) find(id).addEventListener("change", () => this.drawPlot());
    find("message-close").addEventListener("click", () => this.show(""));
    addEventListener("hashchange", () => this.guarded(() => this.open(location.hash)));
    addEventListener("resize", () => this.drawCharts());
    whenColorsChange(() => this.redraw());
  }

  // -- messages to the server ------------------------------------------------------------------------------------

  // Runs an action; shows its error, and begins anew if the server has dropped the experiment.
  async guarded(action) {
    try {
      await action();
    } catch (error) {
      this.pause();
      if (error.status === GONE) await this.guarded(() => this.open(toHash(this.settings)));
      this.show(error.message);
      if (error.status === undefined) throw error; // a fault of the page
    }
  }

  // Begins an experiment with the settings in an address; with the default ones if they are refused.
  async open(hash) {
    const settings = fromHash(hash, this.choices.defaults);
    this.show("");
    try {
      this.begin(await ask("create", () => ({ settings })));
    } catch (error) {
      if (!hash || error.status === 0) throw error;
      this.begin(await ask("create", () => ({ settings: this.choices.defaults })));
      error.message += ". These are the default settings.";
      throw error;
    }
  }

  // Shows an experiment that begins.
  begin(answer) {
    this.id = answer.id ?? this.id;
    this.chart.clear();
    this.show("");
    this.accept(answer.settings);
    const points = drawable(answer.points, this.byClass);
    this.training = points.slice(0, answer.train_size);
    this.heldOut = points.slice(answer.train_size);
    this.inspector.close();
    this.network.build(this.accepted);
    this.update(answer);
    this.tell();
    if (!this.isListening) this.listen();
  }

  // The settings are now those of the server: what is shown. They may be behind those that the user wants.
  accept(settings) {
    this.accepted = settings;
    if (!this.isChanging) this.settings = settings;
    this.controls.show(this.settings);
    history.replaceState(null, "", toHash(settings));
  }

  // Changes settings; while the server is busy, several changes become one message.
  change(change) {
    this.settings = { ...this.settings, ...change };
    this.controls.show(this.settings);
    if (this.isChanging) return;
    this.isChanging = true;
    this.guarded(async () => {
      try {
        const answer = await ask("change", () => {
          this.isChanging = false;
          return { id: this.id, settings: this.settings };
        });
        if (answer.points) this.begin(answer);
        else this.accept(answer.settings);
      } catch (error) {
        if (!this.isChanging) this.settings = this.accepted;
        this.controls.show(this.settings);
        throw error;
      }
    });
  }

  toggleFeature(name) {
    const { features } = this.settings;
    const changed = features.includes(name) ? features.filter((each) => each !== name) : [...features, name];
    if (changed.length) this.change({ features: changed });
    else this.show("The network needs at least one feature.");
  }

  edit(layer, unit, source) {
    this.inspector.toggle(layer, unit, source, this.accepted, this.state);
  }

  setWeight(layer, unit, source, value) {
    this.guarded(async () =>
      this.update(await ask("set_weight", () => ({ id: this.id, layer, unit, source, value }))),
    );
  }

  // -- training --------------------------------------------------------------------------------------------------

  async train(epochs) {
    const answer = await ask("step", () => ({ id: this.id, epochs }));
    this.update(answer);
    if (answer.losses.at(-1)[1] === null) {
      this.pause();
      this.show("The loss is not a finite number any more: the learning rate is too high. Lower it, and reset.");
    }
  }

  async play() {
    const run = {};
    this.setRun(run);
    await this.guarded(async () => {
      while (this.run === run) {
        await this.train(Number(find("speed").value));
        await new Promise(requestAnimationFrame); // never comes while the page is hidden
      }
    });
  }

  pause() {
    if (!this.run) return;
    this.setRun(null);
    this.tell();
  }

  setRun(run) {
    this.run = run;
    find("play").setAttribute("aria-pressed", run !== null);
    find("play").setAttribute("aria-label", run ? "Pause" : "Play");
  }

  // -- what is shown ---------------------------------------------------------------------------------------------

  get byClass() {
    return this.accepted.problem === "classification";
  }

  update(answer) {
    const { losses } = answer;
    this.state = answer;
    this.chart.add(losses);
    const [epoch, training, test] = losses.at(-1);
    find("epoch").textContent = epoch.toLocaleString("en");
    find("train-loss").textContent = short(training);
    find("test-loss").textContent = short(test);
    ["train-accuracy", "test-accuracy"].forEach((id, at) => {
      find(id).textContent = answer.accuracy ? `accuracy ${(100 * answer.accuracy[at]).toFixed(1)}%` : "";
    });
    this.network.update(answer);
    this.inspector.update(answer);
    this.drawCharts();
  }

  drawCharts() {
    this.chart.draw();
    this.drawPlot();
  }

  drawPlot() {
    const { output } = this.state;
    const shown = this.pointed?.() ?? { title: "Output of the network", levels: levelsOf(output), scale: output.scale };
    const discretize = find("discretize").checked;
    const { ink, outline } = palette();
    const groups = [[this.training, outline]];
    if (find("show-test").checked) groups.push([this.heldOut, ink]);
    drawLarge(find("plot"), shown.levels, groups, { extent: this.choices.extent, discretize, byClass: this.byClass });
    find("plot-caption").textContent = shown.title;
    find("scale-low").textContent = short(-shown.scale, 1);
    find("scale-high").textContent = short(shown.scale, 1);
  }

  redraw() {
    this.controls.redraw();
    this.network.redraw();
    this.drawCharts();
  }

  // Tells screen readers where the training is; while it runs, that would be too much.
  tell() {
    const [epoch, training, test] = this.state.losses.at(-1);
    const accuracy = this.state.accuracy ? `, test accuracy ${percent(this.state.accuracy[1])}` : "";
    const text = `Epoch ${epoch}: training loss ${short(training)}, test loss ${short(test)}${accuracy}`;
    find("status").textContent = text;
    find("chart").setAttribute("aria-label", `Losses of all epochs. ${text}`);
    find("plot").setAttribute("aria-label", `Output of the network over the plane, with the data. ${text}`);
  }

  show(message) {
    find("message").hidden = !message;
    find("message-text").textContent = message;
  }
}

try {
  const app = new App(await fetchChoices());
  await app.guarded(() => app.open(location.hash));
} catch (error) {
  find("message").hidden = false;
  find("message-text").textContent = error.message;
  throw error;
}
