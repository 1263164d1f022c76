package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"shakeout/analysis"
	"shakeout/jobs"
	"shakeout/writers/text"
)

// Options are said in four places, the first that says one counts: the command
// line, the environment (SHAKEOUT_QUIET_PERIOD for --quiet-period), a YAML file
// (quiet-period), the default. Parameters of the analyses are options too:
// --set conf=0.9, SHAKEOUT_SETTINGS_CONF, conf under settings in the file; said
// in one of these they are over what a workbook's own settings table says.
//
// A name that does not exist is a mistake, also in the environment and in the
// file: an option that is misspelt and ignored would be found out too late.
const (
	envPrefix   = "SHAKEOUT_"
	envSettings = "SHAKEOUT_SETTINGS_"
	origin      = "origin" // annotation of flags that may be said elsewhere; its value is where it was
)

// optionFlags defines the options of a command that may be said elsewhere too.
type optionFlags struct {
	flags *pflag.FlagSet
	say   func(key string) string
}

func optionsOf(cmd *cobra.Command, lang analysis.Lang) optionFlags {
	o := optionFlags{cmd.Flags(), func(key string) string { return text.Key(lang, key) }}
	o.flags.String("config", "", o.say("flag.config"))
	return o
}

func (o optionFlags) value(name, standard, kind, usage string, possible ...string) *value {
	v := &value{text: standard, kind: kind, possible: possible}
	o.flags.Var(v, name, o.say(usage))
	o.mark(name)
	return v
}

func (o optionFlags) bool(name string, standard bool, usage string) *bool {
	v := o.flags.Bool(name, standard, o.say(usage))
	o.mark(name)
	return v
}

func (o optionFlags) mark(name string) { o.flags.SetAnnotation(name, origin, []string{""}) }

// mayBeSaid reports whether an option may stand in the environment and the file.
func mayBeSaid(f *pflag.Flag) bool { return f != nil && f.Annotations[origin] != nil }

// configured is what the environment and the file say.
type configured struct {
	file    string // "" if there is none
	options map[string]said
	params  map[string]said // of analyses, by canonical key
}

// said is a text and where it stands: a variable, or file:line.
type said struct{ text, where string }

// resolve gives each option of a command that the command line leaves open what
// the environment or the file says, and gives the parameters of analyses that
// any of them says. known are all options there are, of any command.
func resolve(cmd *cobra.Command, known *pflag.FlagSet, set []string) ([]jobs.Setting, *configured, error) {
	explicit, _ := cmd.Flags().GetString("config")
	c, err := readConfigured(explicit, os.Environ(), known)
	if err != nil {
		return nil, nil, err
	}
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !mayBeSaid(f) || wrong != nil {
			return
		}
		s, ok := c.options[f.Name]
		switch {
		case f.Changed:
			f.Annotations[origin] = []string{"--" + f.Name}
		case ok:
			f.Annotations[origin] = []string{s.where}
			if err := f.Value.Set(s.text); err != nil {
				wrong = &exit{code: exitConfig, say: misfit(f.Value, s.text, s.where)}
			}
		}
	})
	if wrong != nil {
		return nil, nil, wrong
	}
	for _, one := range set {
		key, text, ok := strings.Cut(one, "=")
		if !ok {
			return nil, nil, mistake(cmd, analysis.Say("usage.bad-set", one))
		}
		name, err := c.param(strings.TrimSpace(key), said{strings.TrimSpace(text), "--set"})
		if err != nil {
			return nil, nil, mistake(cmd, err.(*exit).say)
		}
		c.params[name] = said{strings.TrimSpace(text), "--set"}
	}
	var params []jobs.Setting
	for name, s := range c.params {
		params = append(params, jobs.Setting{Key: name, Value: s.text})
	}
	slices.SortFunc(params, func(a, b jobs.Setting) int { return cmp.Compare(a.Key, b.Key) })
	return params, c, nil
}

// readConfigured reads the environment and the configuration file: the one named
// on the command line or in SHAKEOUT_CONFIG, else the user's, else the machine's.
func readConfigured(explicit string, environ []string, known *pflag.FlagSet) (*configured, error) {
	c := &configured{options: map[string]said{}, params: map[string]said{}}
	fromEnv := map[string]string{}
	for _, e := range environ {
		if name, text, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, envPrefix) {
			fromEnv[name] = text
		}
	}
	candidates := []string{"/etc/shakeout/config.yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		candidates = []string{filepath.Join(dir, "shakeout", "config.yaml"), candidates[0]}
	}
	if explicit == "" {
		explicit = fromEnv[envPrefix+"CONFIG"]
	}
	if explicit != "" {
		candidates = []string{explicit}
	}
	for _, name := range candidates {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) && explicit == "" {
			continue
		}
		if err != nil {
			return nil, &exit{code: exitConfig, say: analysis.Say("config.unreadable", jobs.Fault(err))}
		}
		c.file = name
		if err := c.readFile(data, known); err != nil {
			return nil, err
		}
		break
	}
	for _, name := range sorted(fromEnv) {
		if err := c.readVariable(name, fromEnv[name], known); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// testVariables are read by the tests of the program and of what measures it,
// which run it.
var testVariables = []string{"SHAKEOUT_REQUIRE", "SHAKEOUT_LONG", "SHAKEOUT_GOLDEN", "SHAKEOUT_NODE_MODULES", "SHAKEOUT_PICTURES", "SHAKEOUT_READ", "SHAKEOUT_FULL"}

func (c *configured) readVariable(name, text string, known *pflag.FlagSet) error {
	if name == envPrefix+"CONFIG" || slices.Contains(testVariables, name) {
		return nil
	}
	s := said{text, name}
	if key, ok := strings.CutPrefix(name, envSettings); ok {
		param, err := c.param(strings.ToLower(key), s)
		c.params[param] = s
		return err
	}
	key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
	if !mayBeSaid(known.Lookup(key)) {
		return unknownOption(name, key, known, func(near string) string {
			return envPrefix + strings.ToUpper(strings.ReplaceAll(near, "-", "_"))
		})
	}
	if err := fits(known, key, s); err != nil {
		return err
	}
	c.options[key] = s
	return nil
}

// readFile reads the configuration file: one level of option: value, and
// settings with one level below.
func (c *configured) readFile(data []byte, known *pflag.FlagSet) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return &exit{code: exitConfig, say: analysis.Say("config.not-yaml", c.file, err)}
	}
	if len(doc.Content) == 0 {
		return nil // empty, or comments only
	}
	return c.eachPair(doc.Content[0], func(key string, at, v *yaml.Node) error {
		where := fmt.Sprintf("%s:%d %s", c.file, at.Line, at.Value)
		if key == "settings" {
			return c.eachPair(v, func(_ string, at, v *yaml.Node) error {
				s := said{scalar(v), fmt.Sprintf("%s:%d settings.%s", c.file, at.Line, at.Value)}
				param, err := c.param(at.Value, s)
				c.params[param] = s
				return err
			})
		}
		if !mayBeSaid(known.Lookup(key)) {
			return unknownOption(where, key, known, func(near string) string { return near })
		}
		s := said{scalar(v), where}
		if v.Kind == yaml.MappingNode {
			return &exit{code: exitConfig, say: misfit(known.Lookup(key).Value, "{…}", where)}
		}
		c.options[key] = s
		return fits(known, key, s)
	})
}

// eachPair goes through a mapping of YAML, whose keys may have underscores.
func (c *configured) eachPair(n *yaml.Node, do func(key string, at, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return &exit{code: exitConfig, say: analysis.Say("config.not-pairs", fmt.Sprintf("%s:%d", c.file, n.Line))}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, v := n.Content[i], n.Content[i+1]
		key := strings.ReplaceAll(at.Value, "_", "-")
		if seen[key] {
			return &exit{code: exitConfig, say: analysis.Say("config.twice", fmt.Sprintf("%s:%d", c.file, at.Line), at.Value)}
		}
		seen[key] = true
		if err := do(key, at, v); err != nil {
			return err
		}
	}
	return nil
}

// scalar is a value of YAML as it would be typed on the command line.
func scalar(v *yaml.Node) string {
	if v.Kind != yaml.SequenceNode {
		return v.Value
	}
	var all []string
	for _, one := range v.Content {
		all = append(all, one.Value)
	}
	return strings.Join(all, ",")
}

// fits checks what is said of an option, also one of another command.
func fits(known *pflag.FlagSet, key string, s said) error {
	f := known.Lookup(key)
	ok := slices.Contains([]string{"true", "false", "1", "0"}, s.text)
	if v, is := f.Value.(*value); is {
		ok = v.fits(s.text)
	}
	if !ok {
		return &exit{code: exitConfig, say: misfit(f.Value, s.text, s.where)}
	}
	return nil
}

// param checks a parameter of the analyses and gives its canonical name.
func (c *configured) param(key string, s said) (string, error) {
	known, near, ok := jobs.CheckSetting(jobs.Setting{Key: key, Value: s.text})
	switch {
	case !known:
		say := analysis.Say("config.unknown-setting", key, s.where)
		if near != "" {
			say = analysis.Say("usage.did-you-mean", say, near)
		}
		return key, &exit{code: exitConfig, say: say}
	case !ok:
		return key, &exit{code: exitConfig, say: analysis.Say("config.bad-setting", s.text, key, s.where)}
	}
	name, _ := analysis.SettingName(key)
	return name, nil
}

// unknownOption says that an option does not exist, and which one may be meant.
func unknownOption(where, key string, known *pflag.FlagSet, spell func(string) string) error {
	say := analysis.Say("config.unknown", where)
	best, near := 4, ""
	known.VisitAll(func(f *pflag.Flag) {
		if d := distance(key, f.Name); mayBeSaid(f) && d < best {
			best, near = d, f.Name
		}
	})
	if near == "" && distance(key, "settings") < best {
		near = "settings"
	}
	if near != "" {
		say = analysis.Say("usage.did-you-mean", say, spell(near))
	}
	return &exit{code: exitConfig, say: say}
}

func sorted[T any](m map[string]T) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
