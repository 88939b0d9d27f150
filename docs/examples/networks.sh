# Trains on titanium and on steel, and prints what is found in the images that were kept: the table of docs/networks.md.
# Needs defectkit-detectron2, torchvision's MobileNetV2 weights in this folder, and the data (DEFECTKIT_MIRROR for files at hand).
set -eu
cd "$(dirname "$0")"

python network_data.py .
for training in ti steel ti-forest steel-forest; do
    time defectkit train "$training.toml" -o "model-$training"
done

score() { # data set, pixel size, truth, predicted, name, options
    data=$1 size=$2 truth=$3 predicted=$4 name=$5
    shift 5
    defectkit evaluate --truth "$data/$truth.json" --truth-format coco --predicted "$predicted" "$@" \
        --images "$data/kept" --pixel-size "$size" --metric find --overwrite -o "evaluation/$name"
    awk -F, -v name="$name" '$1 == "pooled" && ($3 == 0.3 || $3 == 0.5) { print name, $0 }' "evaluation/$name/find.csv"
}

analyze() { # data set, pixel size, name, options
    data=$1 size=$2 name=$3
    shift 3
    defectkit analyze "$data/kept" --pixel-size "$size" "$@" --overwrite -o "analysis/$data-$name"
}

for detector in blob model-ti model-steel model-ti-forest model-steel-forest; do
    case $detector in
    blob) options="--detector blob" ;;
    *-forest) options="--detector pixel-forest --model $detector" ;;
    *) options="--detector detectron2 --model $detector" ;;
    esac
    analyze ti "0.2554 nm" "$detector" $options
    analyze steel "0.390625 nm" "$detector" $options
    score ti "0.2554 nm" new "analysis/ti-$detector" "ti-new-$detector"
    score ti "0.2554 nm" old "analysis/ti-$detector" "ti-old-$detector"
    score steel "0.390625 nm" loops "analysis/steel-$detector" "steel-$detector"
done
score ti "0.2554 nm" new ti/old.json ti-new-people --predicted-format coco
