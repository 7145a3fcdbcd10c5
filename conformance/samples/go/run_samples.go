// Command samples runs the samples of the explorer that stand beside it, one after the other: a line of JSON for each.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	// What the samples use.
	_ "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	_ "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	_ "github.com/alibabacloud-go/tea/dara"
)

type sample struct {
	name string
	run  func()
}

// samples is filled by the file that is written beside the samples.
var samples []sample

type told struct {
	Name   string  `json:"name"`
	Output string  `json:"output"`
	Error  *string `json:"error"`
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	for _, sample := range samples {
		if err := answers.Encode(run(sample)); err != nil {
			panic(err)
		}
	}
}

// run runs one sample, whose output goes into a file meanwhile.
func run(sample sample) (result told) {
	result.Name = sample.name
	file, err := os.CreateTemp("", "sample")
	if err != nil {
		panic(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	defer func() {
		os.Stdout = stdout
		if failed := recover(); failed != nil {
			text := fmt.Sprint(failed)
			result.Error = &text
		}
		if _, err := file.Seek(0, io.SeekStart); err == nil {
			output, _ := io.ReadAll(file)
			result.Output = string(output)
		}
	}()
	sample.run()
	return result
}
